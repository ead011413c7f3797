import { isMachinistError } from "@machinist/core";
import { type MachineInfo, machineInfo } from "./listing.ts";
import type { Program } from "./program.ts";

/** A machine as VirtualBox tells it now; undefined where it knows none. */
export async function readMachineInfo(
  program: Program,
  uuid: string,
  signal: AbortSignal,
): Promise<MachineInfo | undefined> {
  try {
    const text = await program.find(["showvminfo", uuid, "--machinereadable"], { signal });
    if (text === undefined) return undefined;
    return text.includes('name="<inaccessible>"') ? { ...machineInfo(text), power: "inaccessible" } : machineInfo(text);
  } catch (thrown) {
    if (!isMachinistError(thrown) || thrown.code !== "virtualbox.inaccessible") throw thrown;
    return { ...machineInfo(""), power: "inaccessible" };
  }
}
