import { MachinistError } from "@machinist/core";

/**
 * Arguments as one line that any POSIX shell reads back as exactly these arguments. Everything is quoted, the program
 * too, so that a word such as `if` or `A=b` stays a word. Throws `ssh.argument` for what no argument can hold.
 */
export function quote(argv: readonly string[]): string {
  if (argv.length === 0) throw new MachinistError("ssh.argument", "There is no program to run");
  return argv.map(quoteOne).join(" ");
}

function quoteOne(argument: string): string {
  if (argument.includes("\0"))
    throw new MachinistError("ssh.argument", "An argument of a remote program contains a NUL character");
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
