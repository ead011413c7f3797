import { randomBytes } from "node:crypto";
import { shellWords } from "@machinist/values";

/**
 * sshd passes signals on to nobody's programs but a plain user's, and not at all to root's. So every program carries a
 * mark in its environment, which its children inherit, and can be found by it.
 */
const MARK = "MACHINIST_RUN";

/** A program as the one line that SSH carries. */
export interface CommandLine {
  readonly line: string;
  /** `NAME=VALUE` in the environment of the program and its children. */
  readonly mark: string;
  /** The line that stdout begins with once our shell runs; whatever comes before it is the login shell's. */
  readonly start: string;
}

/**
 * The line is read by the user's login shell, whichever that is: sh, csh, fish, elvish and xonsh agree on what stands in
 * single quotes only as long as that holds no quote, backslash, `!`, line feed or variable of theirs. So the program is
 * written for sh and goes in base64; what sh needs to read it is within those limits.
 */
export function commandLine(argv: readonly string[]): CommandLine {
  const id = randomBytes(8).toString("hex");
  return { line: encoded(`${marked(id)}; echo ${id}; exec ${shellWords(argv)}`), mark: `${MARK}=${id}`, start: id };
}

/** The same for a program on a terminal, whose user sees all that comes. */
export const terminalLine = (argv: readonly string[]): string =>
  encoded(`${marked(randomBytes(8).toString("hex"))}; exec ${shellWords(argv)}`);

const marked = (id: string): string => `${MARK}=${id}; export ${MARK}`;

const encoded = (script: string): string =>
  `sh -c 'eval "$(echo "$1" | base64 -d)"' sh '${Buffer.from(script).toString("base64")}'`;
