import { MachinistError } from "@machinist/core";
import { checkMachineName } from "./machine-name.ts";

/** Throws `machine.name` or `machine.duplicate`. Names that differ in case only would share a folder on some disks. */
export function checkDistinct(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    checkMachineName(name);
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined)
      throw new MachinistError(
        "machine.duplicate",
        `The machine ${name} is asked for twice${twin === name ? "" : ` (as ${twin})`}`,
        {
          hint: "Give each machine a name of its own",
        },
      );
    seen.set(name.toLowerCase(), name);
  }
}
