import { findProgram } from "@machinist/programs";

/** Why virtual machines cannot be had here, in a few words; undefined where they can. */
export function unavailable(...programs: readonly string[]): string | undefined {
  const missing = ["qemu-system-x86_64", "qemu-img", ...programs].filter((each) => findProgram(each) === undefined);
  return missing.length === 0 ? undefined : `missing programs: ${missing.join(", ")}`;
}
