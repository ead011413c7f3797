/**
 * Runs in a Node of its own, so that one that hangs, eats memory or exits takes nobody with it. A package is looked for
 * from the folder it runs in, the manifest's.
 */
const runner = `
const [specifier] = process.argv.slice(1);
const { readFileSync } = await import("node:fs");
const told = JSON.parse(readFileSync(0, "utf8"));
const { pathToFileURL } = await import("node:url");
const { isAbsolute } = await import("node:path");
const found = await import(isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier);
if (typeof found.default !== "function") throw new Error(specifier + " has no function as its default export");
await found.default(told);
`;

/** The program that calls the default export of an ES module with what it is told. */
export const moduleArgv = (specifier: string): string[] => [
  process.execPath,
  "--input-type=module",
  "--eval",
  runner,
  specifier,
];
