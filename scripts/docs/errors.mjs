import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "../setup/clone.mjs";
import { hintsOf } from "./hints.mjs";
import { callsWith, isTakenFromObject, propertyOf, scopeOf, textsOf, walk } from "./texts.mjs";

/** @typedef {import("./texts.mjs").Scope} Scope */

/**
 * @typedef {object} ErrorEntry
 * @property {string} code
 * @property {Set<string>} sentences with … for what varies
 * @property {Set<string>} hints
 * @property {boolean} varies whether a hint is put together where the error is made
 * @property {Set<string>} packages folder names
 */

/** Their errors are met by authors of tests, not by users. */
const forTests = ["testkit", "lab"];

/** Every source that users run, parsed. */
function sources() {
  const shipped = readdirSync(join(root, "packages")).filter((name) => !forTests.includes(name));
  return shipped.flatMap((name) => {
    const folder = join(root, "packages", name, "src");
    return listFolder(folder)
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => ({
        name,
        path: relative(root, join(folder, path)),
        file: ts.createSourceFile(path, readFileSync(join(folder, path), "utf8"), ts.ScriptTarget.ES2023, true),
      }));
  });
}

/** @param {string} folder */
function listFolder(folder) {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/**
 * @typedef {object} Made one place where an error is made
 * @property {ts.Expression | undefined} code
 * @property {ts.Expression | undefined} sentence
 * @property {ts.Expression | undefined} hint
 * @property {boolean} [varies] whether what would tell the hint is put together elsewhere
 * @property {(text: string) => string} wrap what the text of `code` is put into
 *
 * @param {ts.Node} node
 * @param {Scope} scope
 * @returns {Made[]}
 */
function madeAt(node, scope) {
  const args = argumentsOf(node);
  if (args === undefined) return [];
  const [code, sentence, details] = args;
  const wrap = (/** @type {string} */ text) => text;
  const taken = code !== undefined && codeProperty(code);
  const varies = details !== undefined && !ts.isObjectLiteralExpression(details);
  if (!taken) return throughCallers({ code, sentence, hint: propertyOf(details, "hint"), varies, wrap }, scope);
  // The code comes along in an object: then every object of the package that carries one may be meant.
  return scope.problems.flatMap((problem) => {
    const sentence = propertyOf(problem, "sentence") ?? propertyOf(problem, "message");
    return throughCallers(
      { code: propertyOf(problem, "code"), sentence, hint: propertyOf(problem, "hint"), wrap },
      scope,
    );
  });
}

/**
 * The arguments of `new MachinistError(…)`, or of `super(…)` in a class that extends it.
 * @param {ts.Node} node
 */
function argumentsOf(node) {
  if (ts.isNewExpression(node)) return node.expression.getText() === "MachinistError" ? node.arguments : undefined;
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.SuperKeyword) return undefined;
  const owner = ts.findAncestor(node, ts.isClassLike);
  return owner?.heritageClauses?.some((clause) => /\bMachinistError$/.test(clause.getText()))
    ? node.arguments
    : undefined;
}

/** @param {ts.Expression} code whether it is read from an object, as `problem.code` or `problems[0]?.code ?? "…"` */
const codeProperty = (code) => /\.code\b/.test(code.getText());

/**
 * A wrapper's own error says nothing: what its callers pass does, code and sentence of one call together.
 * @param {Made} made
 * @param {Scope} scope
 * @param {number} [depth]
 * @returns {Made[]}
 */
function throughCallers(made, scope, depth = 0) {
  const { code } = made;
  if (code === undefined || depth > 3) return [made];
  if (ts.isTemplateExpression(code)) {
    const [span, ...more] = code.templateSpans;
    if (span === undefined || more.length > 0) return [made];
    const wrap = (/** @type {string} */ text) => made.wrap(code.head.text + text + span.literal.text);
    return throughCallers({ ...made, code: span.expression, wrap }, scope, depth);
  }
  const calls = callsWith(code, scope);
  if (calls === undefined) return [made];
  return calls.flatMap((given) =>
    throughCallers(
      { ...made, code: given(code), sentence: given(made.sentence), hint: given(made.hint) },
      scope,
      depth + 1,
    ),
  );
}

const codeShape = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/;

/**
 * Codes that core gives a name to, for other packages to use (`ownerSpent`).
 * @param {readonly ts.SourceFile[]} files
 */
function codesOfCore(files) {
  /** @type {Map<string, string>} */
  const named = new Map();
  for (const file of files)
    for (const statement of file.statements)
      if (ts.isVariableStatement(statement))
        for (const { name, initializer } of statement.declarationList.declarations)
          if (initializer && ts.isStringLiteral(initializer) && /^[a-z]+\.[a-z-]+$/.test(initializer.text))
            named.set(name.getText(), initializer.text);
  return named;
}

/**
 * Every code that a MachinistError is made with, and the places whose code could not be told from the source.
 * @returns {{ entries: ErrorEntry[], untold: string[] }}
 */
export function errorCatalogue() {
  const all = sources();
  const shared = codesOfCore(all.flatMap(({ name, file }) => (name === "core" ? [file] : [])));
  /** @type {Map<string, ErrorEntry>} */
  const entries = new Map();
  /** @type {Set<string>} */
  const untold = new Set();
  for (const { name, path, file } of all) {
    const scope = scopeOf(all.filter((one) => one.name === name).map((one) => one.file));
    walk(file, (node) => {
      for (const { code, sentence, hint, varies = false, wrap } of madeAt(node, scope)) {
        if (isTakenFromObject(code)) continue;
        const named = code !== undefined && ts.isIdentifier(code) ? shared.get(code.text) : undefined;
        for (const text of (named === undefined ? textsOf(code) : [named]).map(wrap)) {
          if (!codeShape.test(text)) {
            untold.add(placeOf(code ?? node, path, file));
            continue;
          }
          const entry = entries.get(text) ?? {
            code: text,
            sentences: new Set(),
            hints: new Set(),
            varies: false,
            packages: new Set(),
          };
          for (const one of textsOf(sentence)) if (one !== "…") entry.sentences.add(one);
          for (const one of textsOf(hint)) if (one !== "…") entry.hints.add(one);
          entry.varies ||= varies || hint !== undefined;
          entry.packages.add(name);
          entries.set(text, entry);
        }
      }
    });
  }
  return { entries: [...entries.values()].sort((a, b) => a.code.localeCompare(b.code)), untold: [...untold] };
}

/**
 * @param {ts.Node} node
 * @param {string} path of the file that makes the error
 * @param {ts.SourceFile} file
 */
function placeOf(node, path, file) {
  const source = node.getSourceFile();
  const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  return source === file ? `${path}:${line}` : `${path} (called at ${source.fileName}:${line})`;
}

/** @param {readonly ErrorEntry[]} entries */
export function renderErrors(entries) {
  const cell = (/** @type {Iterable<string>} */ texts) =>
    [...texts]
      .map((text) => text.replaceAll("……", "…").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " "))
      .join("<br>");
  const areas = byArea(entries);
  const sections = [...areas].map(([area, of]) => {
    const rows = of.map(
      (entry) =>
        `| \`${entry.code}\` | ${cell(entry.sentences)} | ${cell(hintsOf(entry))} | ${[...entry.packages].sort().join(", ")} |`,
    );
    return [`## ${area}`, "", "| Code | Says | Hint | From |", "|---|---|---|---|", ...rows, ""].join("\n");
  });
  return [
    "# Errors",
    "",
    "Every error has a code that stays the same between versions, a sentence, and a hint with what to type next.",
    "Programs decide by the code. In the sentences here, … stands for what differs from case to case. How codes become",
    "exit codes: [cli.md](cli.md). Made from the sources by `pnpm run docs`; do not edit.",
    "",
    ...sections,
  ].join("\n");
}

/** @param {ErrorEntry} entry */
const areaOf = ({ code }) => code.split(".")[0] ?? code;

/** @param {readonly ErrorEntry[]} entries */
function byArea(entries) {
  /** @type {Map<string, ErrorEntry[]>} */
  const areas = new Map();
  for (const entry of entries) areas.set(areaOf(entry), [...(areas.get(areaOf(entry)) ?? []), entry]);
  return areas;
}
