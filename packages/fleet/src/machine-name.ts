import { MachinistError } from "@machinist/core";

/** docker-machine's rule, within what a host name may be. */
export const isMachineName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/.test(name);

/** Throws `machine.name` for what is no machine's name. */
export function checkMachineName(name: string): void {
  if (isMachineName(name)) return;
  throw new MachinistError("machine.name", `${JSON.stringify(name.slice(0, 80))} cannot be a machine's name`, {
    hint: "Use up to 63 letters, digits, dots and hyphens, starting with a letter or digit",
  });
}

/** Names as people sort them: worker-2 before worker-10. */
export const byName = (a: string, b: string): number =>
  a.localeCompare(b, "en", { numeric: true, sensitivity: "base" }) || (a < b ? -1 : a > b ? 1 : 0);
