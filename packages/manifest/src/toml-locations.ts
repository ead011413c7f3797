import type { Source, SourceLocation } from "./source-location.ts";

const keyPart = String.raw`(?:[A-Za-z0-9_-]{1,200}|"[^"\\\n]{0,200}"|'[^'\n]{0,200}')`;
const dotted = String.raw`${keyPart}(?:[ \t]{0,9}\.[ \t]{0,9}${keyPart}){0,20}`;
const header = new RegExp(String.raw`^([ \t]{0,99})(\[\[?)[ \t]{0,9}(${dotted})[ \t]{0,9}\]`);
const assignment = new RegExp(String.raw`^([ \t]{0,99})(${dotted})[ \t]{0,9}=`);

const parts = (key: string): string[] =>
  [...key.matchAll(new RegExp(keyPart, "g"))].map(([part]) => part.replace(/^["']|["']$/g, ""));

/**
 * Where keys of a TOML file are written, by their path joined with NUL. The TOML reader tells no places, so headers and
 * `key =` lines are looked for by themselves; keys inside inline tables are not found, and their line's key stands in.
 */
export function tomlPlaces(source: Source): ReadonlyMap<string, SourceLocation> {
  const places = new Map<string, SourceLocation>();
  const counts = new Map<string, number>();
  let table: string[] = [];
  const note = (path: readonly string[], line: number, column: number): void => {
    for (let length = 1; length <= path.length; length++) {
      const id = path.slice(0, length).join("\0");
      if (!places.has(id)) places.set(id, { source, line, column });
    }
  };
  source.text.split("\n").forEach((text, index) => {
    const opened = header.exec(text);
    if (opened !== null) {
      table = resolved(parts(opened[3]!), counts, opened[2] === "[[");
      note(table, index + 1, opened[1]!.length + 1);
      return;
    }
    const assigned = assignment.exec(text);
    if (assigned !== null) note([...table, ...parts(assigned[2]!)], index + 1, assigned[1]!.length + 1);
  });
  return places;
}

/** A header's path with the number of each table array's newest element after its name. */
function resolved(path: readonly string[], counts: Map<string, number>, append: boolean): string[] {
  const found: string[] = [];
  path.forEach((part, index) => {
    found.push(part);
    const id = found.join("\0");
    const last = append && index === path.length - 1;
    if (last) counts.set(id, (counts.get(id) ?? -1) + 1);
    const count = counts.get(id);
    if (count !== undefined) found.push(String(count));
  });
  return found;
}
