/** One of the files that make up a unit, in the order in which systemd reads them. */
export interface UnitFile {
  readonly path: string;
  readonly text: string;
}

export type Environment = { readonly [name: string]: string };

/** The ExecStart line that is in force after all of some files, prefixes included; undefined where there is none. */
export function execOf(files: readonly UnitFile[]): string | undefined {
  return files
    .flatMap(({ text }) => execsIn(text))
    .reduce<string | undefined>((_, exec) => exec || undefined, undefined);
}

/** The files' ExecStart settings, with continued lines joined; an empty one takes the earlier ones back. */
export const execsIn = (text: string): string[] =>
  text
    .replace(/\\\r?\n/g, " ")
    .split("\n")
    .flatMap((line) => /^\s*ExecStart\s*=(.*)$/.exec(line)?.[1]?.trim() ?? []);

/** The program of a command line, without systemd's prefixes. */
export const programOf = (exec: string): string => wordsOf(exec)[0]?.replace(/^[-@:+!|]+/, "") ?? "";

/** What follows the program, as systemd hands it on: unquoted, `$NAME` split into words, `${NAME}` put in as it is. */
export const argumentsOf = (exec: string, environment: Environment): string[] =>
  wordsOf(exec)
    .slice(1)
    .flatMap((word) => {
      const [, name] = /^\$(\w+)$/.exec(word) ?? [];
      if (name !== undefined) return wordsOf(environment[name] ?? "");
      return [word.replace(/\$\{(\w+)\}/g, (_, variable: string) => environment[variable] ?? "")];
    });

/** Variables as `systemctl show -p Environment` prints them. */
export const environmentOf = (shown: string): Environment => Object.fromEntries(wordsOf(shown).flatMap(assignment));

/** Variables in the text of an EnvironmentFile, or of a shell fragment that only assigns. */
export const environmentIn = (text: string): Environment =>
  Object.fromEntries(
    text
      .replace(/\\\r?\n/g, " ")
      .split("\n")
      .map((line) => line.trim().replace(/^export\s+/, ""))
      .filter((line) => !/^[#;]/.test(line))
      .flatMap(assignment)
      .map(([name, value]) => [name, unquoted(value)]),
  );

function assignment(word: string): [string, string][] {
  const [, name, value] = /^(\w+)\s*=\s*(.*)$/s.exec(word) ?? [];
  return name === undefined ? [] : [[name, value ?? ""]];
}

const unquoted = (value: string): string => (/^["']/.test(value) ? (wordsOf(value)[0] ?? "") : value);

/** The words of a line in systemd's quoting, unquoted. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === "\\" && quote !== "'") word = (word ?? "") + (line[++at] ?? "");
    else if (quote !== "" ? char === quote : char === '"' || char === "'") {
      quote = quote === "" ? char : "";
      word ??= "";
    } else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  return word === undefined ? words : [...words, word];
}
