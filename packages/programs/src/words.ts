/** The last lines that say anything, on one line. */
export const lastWords = (text: string, count = 2): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-count)
    .join(" | ");
