import { relative, sep } from "node:path";
import type { Named } from "./references.ts";

/**
 * Compose files, by their paths, whose text has to be another on the remote host: a path that means something on this
 * computer alone is written there as the way to it from where relative paths start, or as the place that it has there.
 */
export function rewritten(references: readonly Named[], placeOf: (path: string) => string): Map<string, string> {
  const edits = new Map<string, Map<number, Edit>>();
  for (const { path, written } of references) {
    if (written === undefined || !written.absolute) continue;
    const { file, start, end } = written.origin;
    const text = written.with(written.byEngine ? placeOf(path) : wayTo(path, written.base));
    const known = edits.get(file.path) ?? new Map<number, Edit>();
    edits.set(file.path, known.set(start, { start, end, text, source: file.text }));
  }
  return new Map([...edits].map(([path, each]) => [path, edited([...each.values()])]));
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly source: string;
}

function edited(edits: readonly Edit[]): string {
  let text = edits[0]!.source;
  for (const { start, end, text: value } of edits.toSorted((a, b) => b.start - a.start)) {
    // A block value ends with its line.
    const line = text.slice(start, end).endsWith("\n") ? "\n" : "";
    text = `${text.slice(0, start)}${JSON.stringify(value)}${line}${text.slice(end)}`;
  }
  return text;
}

const wayTo = (path: string, base: string): string => `./${relative(base, path).split(sep).join("/")}`;
