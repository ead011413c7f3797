import type { Output } from "@machinist/core";
import { MachinistError } from "@machinist/core";

/** The same program as root; it never asks for a password. */
export const withSudo = (argv: readonly string[]): readonly string[] => ["sudo", "-n", "--", ...argv];

/** Whether an answer may come from sudo itself rather than from the program, in whatever language. */
export const mayBeSudo = ({ code, stderr }: Output): boolean =>
  (code === 1 && /^sudo: /m.test(stderr)) || ((code === 126 || code === 127) && stderr.includes("sudo"));

/** `answer` is what sudo said to running `true`. */
export function sudoRefused(machine: string, user: string, answer: Output): MachinistError {
  if (answer.code === 126 || answer.code === 127)
    return new MachinistError("ssh.sudo", `${machine} has no sudo by which ${user} could become root`, {
      hint: "Install it there (package sudo), or log in as root.",
    });
  if (/must have a tty/i.test(answer.stderr))
    return new MachinistError("ssh.sudo", `sudo on ${machine} wants a terminal (requiretty)`, {
      hint: `Allow it without one, as root: ${rule(`Defaults:${user} !requiretty`)}; or log in as root.`,
    });
  return new MachinistError("ssh.sudo", `${user} cannot become root on ${machine} without a password`, {
    hint: `Allow it there, as root: ${rule(`${user} ALL=(ALL) NOPASSWD:ALL`)}; or log in as root.`,
  });
}

/** Not named after the user: sudo leaves out files with a dot in their name. */
const rule = (line: string): string => `echo '${line}' > /etc/sudoers.d/90-machinist`;
