import { withoutComments } from "./scans.ts";

/** Packages whose program is two bundles: what is thrown in one is caught in the other, and each has its own classes. */
const twice = /^packages\/(cli|docker-machine)\//;

/**
 * `path: Class` for every class of which there may be two in one process, and which `instanceof` is asked for all the
 * same: one of another package of ours, or of a program that is bundled twice.
 */
export function askedAcrossCopies(path: string, source: string): string[] {
  const text = withoutComments(source);
  const asked = new Set([...text.matchAll(/\binstanceof\s+(\w+)/g)].map(([, name]) => name ?? ""));
  return [...text.matchAll(/import\s*(?:\w+,\s*)?\{([^}]*)\}\s*from\s*"([^"]+)"/g)].flatMap(
    ([, names = "", from = ""]) =>
      from.startsWith("@machinist/") || (twice.test(path) && from.startsWith("."))
        ? namesIn(names).flatMap((name) => (asked.has(name) ? [`${path}: ${name}`] : []))
        : [],
  );
}

/** What the names of an import's braces are called in the file. */
const namesIn = (braces: string): string[] =>
  braces
    .split(",")
    .map((name) =>
      name
        .replace(/^\s*type\s/, "")
        .replace(/^.*\sas\s/, "")
        .trim(),
    )
    .filter((name) => name !== "");
