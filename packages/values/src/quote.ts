import { MachinistError } from "@machinist/core";

/**
 * One argument as a word that any POSIX shell reads back as exactly this. Everything is quoted, so that `if` or `A=b` stays a
 * word. Throws `ssh.argument` for a NUL character, which no argument can hold.
 */
export function shellWord(argument: string): string {
  if (argument.includes("\0"))
    throw new MachinistError("ssh.argument", "An argument of a remote program contains a NUL character");
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Arguments as one line for a shell. Throws `ssh.argument`, also where there is none. */
export function shellWords(argv: readonly string[]): string {
  if (argv.length === 0) throw new MachinistError("ssh.argument", "There is no program to run");
  return argv.map(shellWord).join(" ");
}

/** The same for a person's eyes: only words that need it are quoted. */
export const readableShellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word));

/**
 * A value of a line in ssh_config, where `%` begins a token and `${` a variable, which nothing escapes. Throws `value.line` for
 * what no such line can hold.
 */
export const sshConfigValue = (value: string): string => `"${lineOf(value, /["\\]|\$\{/).replaceAll("%", "%%")}"`;

/** A line of a hosts file. `address` and `name` are checked values. Throws `value.line`. */
export const hostsLine = (address: string, name: string): string => `${lineOf(address, /\s/)}\t${lineOf(name, /\s/)}`;

function lineOf(value: string, impossible?: RegExp): string {
  if (!/[\u0000-\u001f\u007f]/.test(value) && !impossible?.test(value)) return value;
  throw new MachinistError("value.line", `${JSON.stringify(value.slice(0, 60))} cannot be written into a line`, {
    hint: "Use a name or path without line breaks and quotes",
  });
}
