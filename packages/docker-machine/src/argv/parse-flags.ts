import { boolOf, type Flag, type FlagValue, standing } from "./flag.ts";

/** A command line read as Go's flag package reads it. */
export interface Parsed {
  readonly values: ReadonlyMap<string, FlagValue>;
  /** Names that the command line itself gave. */
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** What Go's parser says is wrong; what follows it was not read. */
  readonly problem?: string;
  /** Both names of one flag came: that is said on stdout as well. */
  readonly twoForms?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Flags up to the first word that is none. A dash counts as two; `--` ends the flags. */
export function parseFlags(words: readonly string[], flags: readonly Flag[], env: Env): Parsed {
  const byName = new Map(
    flags.flatMap((flag) => [flag.name, ...(flag.short ? [flag.short] : [])].map((n) => [n, flag])),
  );
  const values = new Map<string, FlagValue>(flags.map((flag) => [flag.name, standing(flag, env)]));
  const given = new Set<string>();
  /** Names as they were typed. */
  const forms = new Set<string>();
  let at = 0;
  const result = (more: Partial<Parsed> = {}): Parsed => ({
    values,
    given,
    args: words.slice(at),
    ...twoFormsIn(flags, forms),
    ...more,
  });
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word.length < 2 || !word.startsWith("-")) break;
    if (word === "--") {
      at++;
      break;
    }
    const read = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (!read) return result({ problem: `bad flag syntax: ${word}` });
    const [, name = "", attached] = read;
    const flag = byName.get(name);
    if (!flag) return result({ problem: `flag provided but not defined: -${name}` });
    let text = attached;
    if (text === undefined) {
      if (flag.kind === "bool") text = "true";
      else if (at + 1 >= words.length) return result({ problem: `flag needs an argument: -${name}` });
      else text = words[++at]!;
    }
    const problem = take(flag, name, text, values, given);
    if (problem !== undefined) return result({ problem });
    forms.add(name);
  }
  return result();
}

function twoFormsIn(flags: readonly Flag[], forms: ReadonlySet<string>): Pick<Parsed, "twoForms"> {
  const twice = flags.find(({ name, short }) => short !== undefined && forms.has(name) && forms.has(short));
  return twice ? { twoForms: `Cannot use two forms of the same flag: ${twice.short} ${twice.name}` } : {};
}

/** A command's line: what stands before its first flag is moved behind its flags, so that `rm foo -y` works. */
export function parseCommand(words: readonly string[], flags: readonly Flag[], env: Env): Parsed {
  const end = words.indexOf("--") < 0 ? words.length : words.indexOf("--");
  const first = words.findIndex((word, index) => index < end && word.startsWith("-"));
  if (first < 0) return parseFlags(words, flags, env);
  return parseFlags([...words.slice(first, end), ...words.slice(0, first), ...words.slice(end)], flags, env);
}

const wholeNumber = (text: string): bigint => (text.startsWith("-") ? -1n : 1n) * BigInt(text.replace(/^[+-]/, ""));

function take(
  flag: Flag,
  name: string,
  text: string,
  values: Map<string, FlagValue>,
  given: Set<string>,
): string | undefined {
  if (flag.kind === "int") {
    if (!/^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) return `invalid value "${text}" for flag -${name}: parse error`;
    if (BigInt.asIntN(64, wholeNumber(text)) !== wholeNumber(text))
      return `invalid value "${text}" for flag -${name}: value out of range`;
    values.set(flag.name, Number(text));
  } else if (flag.kind === "bool") {
    const value = boolOf(text);
    if (value === undefined) return `invalid boolean value "${text}" for -${name}: parse error`;
    values.set(flag.name, value);
  } else if (flag.kind === "slice") {
    const before = given.has(flag.name) ? (values.get(flag.name) as readonly string[]) : [];
    values.set(flag.name, [...before, text]);
  } else values.set(flag.name, text);
  given.add(flag.name);
  return undefined;
}
