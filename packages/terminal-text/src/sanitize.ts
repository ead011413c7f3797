/**
 * Text from elsewhere (a host, a provider, a file) as one line that cannot command the terminal: colour and cursor
 * sequences and control characters are dropped, line breaks become spaces.
 */
export const oneLine = (text: string): string =>
  sanitize(text)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");

/** As {@link oneLine}, but keeping the line breaks. */
export const sanitize = (text: string): string => inert(text).replaceAll("\t", " ");

/** What a style may be made of: colours, bold, dim, italic, underlined, reversed. Nothing that blinks or hides. */
const look = /(\x1b\[(?:(?:10[0-7]|9[0-7]|[34][0-79]|2[2-57-9]|[0-479])?;?)+m)/;
const simple = /^[\n\x20-\x7e]*$/;

/**
 * Text that is about to be shown, as the terminal may get it: our own colours stay, and nothing else in it commands the
 * terminal, whoever wrote it. Line breaks and tabs stay.
 */
export const displayed = (text: string): string =>
  simple.test(text)
    ? text
    : text
        .split(look)
        .map((part, index) => (index % 2 === 1 ? part : inert(part)))
        .join("");

/** Characters that act on a terminal or reorder what it shows. */
const acting = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Sequences that begin with an escape. Of those in eight bits only the first character acts: what follows it is shown. */
const commands = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;

const inert = (text: string): string => text.replace(commands, "").replace(/\r\n?/g, "\n").replace(acting, "");

/** A value as JSON for programs, which a terminal can be shown as well: what would act on it is escaped, so that nothing is lost. */
export const jsonText = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, undefined, indent) ?? "null").replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
