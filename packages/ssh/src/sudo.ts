import type { Output } from "@machinist/core";
import { MachinistError } from "@machinist/core";

/** The same program as root; it never asks for a password. */
export const withSudo = (argv: readonly string[]): readonly string[] => ["sudo", "-n", "--", ...argv];

/** Whether an answer may come from sudo itself rather than from the program, in whatever language. */
export const mayBeSudo = ({ code, stderr }: Output): boolean =>
  (code === 1 && /^sudo: /m.test(stderr)) || (code === 127 && stderr.includes("sudo"));

export function sudoRefused(machine: string, user: string): MachinistError {
  return new MachinistError("ssh.sudo", `${user} cannot become root on ${machine} without a password`, {
    hint: `Allow it there, as root: echo '${user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/${user}; or log in as root.`,
  });
}
