/** Shorter ones are in every other word, and hide nothing. */
const SHORTEST = 6;
const HIDDEN = "(secret)";

/** Takes values out of a text, also line by line, and as programs quote them. */
export function hiding(values: Iterable<string>): (text: string) => string {
  const lines = new Set<string>();
  for (const value of values)
    for (const line of [value, ...value.split(/\r?\n/)].map((each) => each.trim()))
      if (line.length >= SHORTEST) lines.add(line).add(JSON.stringify(line).slice(1, -1));
  const longest = [...lines].sort((a, b) => b.length - a.length);
  return (text) => longest.reduce((left, value) => left.replaceAll(value, HIDDEN), text);
}

/**
 * What compose says, without what stands in env files: it quotes whole lines of those that it cannot read, the templates that
 * it cannot put values in, and, for a variable, whatever follows a `$` in a password. `asked`: the variables of compose files.
 */
export function withoutQuotes(said: string, asked: ReadonlySet<string>): string {
  return said
    .replace(
      /^.*The \\?"(.*?)\\?" variable is not set.*(?:\n|$)/gm,
      // Compose files can be shown; what it says of env files is told in other words, once.
      (line, name: string) => (asked.has(name) ? line : ""),
    )
    .replace(
      /required variable (\S+) is missing a value[\s\S]*$/,
      (_, name: string) =>
        `${asked.has(name) ? `required variable ${name}` : "a required variable"} is missing a value`,
    )
    .replace(
      /(failed to read [^\n]*?: )?(line \d+)?(?:: )?(?:unexpected character|unterminated quoted value)[\s\S]*$/,
      // Some versions do not say which file it is.
      (_, file: string | undefined, line: string | undefined) =>
        `${file ?? ""}${[line, file === undefined ? "of an env file" : ""].filter(Boolean).join(" ")}: it cannot be read there`,
    )
    .replace(/(Invalid template|invalid template): [\s\S]*$/, "$1")
    .replace(/(You may need to escape any \$ with another \$\.)[\s\S]*$/, "$1");
}

/** What `docker stack` says, without the lines of services' env files that it quotes where it cannot read them. */
export const withoutEnvLines = (said: string): string =>
  said.replace(
    /(invalid env file \([^\n]*?\)|poorly formatted environment|(?=no variable name on line))[\s\S]*$/,
    (_, which: string) => `${which || "an env file"}: it cannot be read there`,
  );
