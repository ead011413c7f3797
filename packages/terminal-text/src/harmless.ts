/**
 * Text from elsewhere (a host, a provider, a file) as one line that cannot command the terminal: colour and cursor
 * sequences and control characters are dropped, line breaks become spaces.
 */
export const oneLine = (text: string): string =>
  harmless(text)
    .replace(/\s*\n\s*/g, " ")
    .trim();

/** As {@link oneLine}, but keeping the line breaks. */
export const harmless = (text: string): string =>
  text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, "")
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, " ")
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "");
