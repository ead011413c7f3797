import { type MachineInfo, machineInfo } from "./listing.ts";
import type { Program } from "./program.ts";

/** A machine as VirtualBox tells it now; undefined where it knows none. */
export async function look(program: Program, uuid: string, signal: AbortSignal): Promise<MachineInfo | undefined> {
  const text = await program.find(["showvminfo", uuid, "--machinereadable"], { signal });
  return text === undefined ? undefined : machineInfo(text);
}
