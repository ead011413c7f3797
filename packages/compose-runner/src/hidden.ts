/** Shorter ones are in every other word, and hide nothing. */
const SHORTEST = 6;
const HIDDEN = "(secret)";

/** Takes values out of a text, also line by line. */
export function hiding(values: Iterable<string>): (text: string) => string {
  const lines = new Set<string>();
  for (const value of values)
    for (const each of [value, ...value.split(/\r?\n/)]) if (each.trim().length >= SHORTEST) lines.add(each.trim());
  const longest = [...lines].sort((a, b) => b.length - a.length);
  return (text) => longest.reduce((left, value) => left.replaceAll(value, HIDDEN), text);
}

/**
 * What compose says of files that it cannot read, without what stands in them: it quotes whole lines of env files, and the
 * templates that it cannot put values in.
 */
export function withoutQuotes(said: string): string {
  return said
    .replace(
      /(failed to read [^\n]*?: (?:line \d+: )?)(?:unexpected character|unterminated quoted value)[\s\S]*$/,
      "$1it cannot be read there",
    )
    .replace(/(Invalid template|invalid template): [\s\S]*$/, "$1")
    .replace(/(You may need to escape any \$ with another \$\.)[\s\S]*$/, "$1");
}
