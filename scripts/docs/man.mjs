import { commandsIn, said } from "./commands.mjs";

/** Roff takes a dot or a quote at a line's beginning for a request, and a backslash for an escape. */
export const escaped = (/** @type {string} */ text) =>
  text
    .replaceAll("…", "...")
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

/**
 * The lines of a help text as headed parts: what comes before the first heading stands under "".
 * @param {string} help
 */
function partsOf(help) {
  /** @type {{ heading: string, lines: string[] }[]} */
  const parts = [{ heading: "", lines: [] }];
  for (const line of help.split("\n")) {
    const heading = /^([A-Z][^\s].*):$/.exec(line)?.[1];
    if (heading === undefined) parts.at(-1)?.lines.push(line);
    else parts.push({ heading, lines: [] });
  }
  return parts;
}

/**
 * Terms with their texts, each text on as many lines as it had.
 * @param {readonly string[]} lines
 */
function termsOf(lines) {
  /** @type {string[]} */
  const out = [];
  for (const line of lines) {
    const [, term, text] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (term !== undefined) out.push(".TP", `.B ${escaped(term)}`, ...(text ? [escaped(text)] : []));
    else if (line.trim() !== "") out.push(escaped(line.trim()));
  }
  return out;
}

/** Command lines, each below what it is for. */
const examplesOf = (/** @type {readonly string[]} */ lines) =>
  lines.flatMap((line) => {
    const text = line.trim();
    if (text === "") return [];
    return text.startsWith("# ")
      ? [".PP", escaped(`${text.slice(2)}:`)]
      : [".RS 4", ".nf", escaped(text), ".fi", ".RE"];
  });

/**
 * @param {string} page its name: `machinist-up`
 * @param {string} summary
 * @param {string} help
 */
function manPage(page, summary, help) {
  const [intro, ...parts] = partsOf(help);
  const usage = (intro?.lines ?? []).find((line) => line.startsWith("Usage: "))?.slice("Usage: ".length) ?? page;
  const about = (intro?.lines ?? []).filter((line) => !line.startsWith("Usage: ") && line.trim() !== "");
  return [
    `.TH ${page.toUpperCase()} 1 "" machinist "machinist's commands"`,
    ".SH NAME",
    `${page} \\- ${escaped(summary)}`,
    ".SH SYNOPSIS",
    `.B ${escaped(usage)}`,
    ".SH DESCRIPTION",
    ...about.map((line) => escaped(line.trim())),
    ...parts.flatMap(({ heading, lines }) => [
      `.SH ${escaped(heading).toUpperCase()}`,
      ...(heading === "Examples" ? examplesOf(lines) : termsOf(lines)),
    ]),
    ".SH SEE ALSO",
    page === "machinist"
      ? "Each command has a page of its own: machinist\\-up(1), machinist\\-create(1), and so on."
      : "machinist(1)",
    "",
  ].join("\n");
}

/** The manual's pages, by file name, in the built program's own words. */
export function renderManual() {
  const overview = said("help");
  const summaries = new Map(
    [...overview.matchAll(/^ {2}([a-z-]+) {2,}(\S.*)$/gm)].map(([, name, summary]) => [String(name), String(summary)]),
  );
  const pages = new Map([
    [
      "machinist.1",
      manPage("machinist", "Create and manage secured Docker hosts and Swarms, on a laptop or in the cloud", overview),
    ],
  ]);
  for (const name of commandsIn(overview))
    pages.set(`machinist-${name}.1`, manPage(`machinist-${name}`, summaries.get(name) ?? "", said("help", name)));
  return pages;
}
