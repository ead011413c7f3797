import { type Clock, isMachinistError, MachinistError } from "@machinist/core";
import { machineInfo } from "./listing.ts";
import { isOff } from "./paths.ts";
import { isFree, taken } from "./ports.ts";
import type { Program } from "./program.ts";

export interface PowerCall {
  readonly uuid: string;
  readonly signal: AbortSignal;
  /** VirtualBox's front end: `headless`, `gui`, … */
  readonly ui?: string;
}

/** How long a machine may take to shut down when it is asked to, in ms. */
const SHUTDOWN_MS = 60_000;
const POWER_OFF_MS = 30_000;

const info = async (program: Program, { uuid, signal }: PowerCall) =>
  machineInfo(await program.run(["showvminfo", uuid, "--machinereadable"], { signal }));

/** Have it run: booted, resumed where it was paused or saved; nothing where it runs. */
export async function startVm(program: Program, call: PowerCall, clock: Clock): Promise<void> {
  const { power, rules } = await info(program, call);
  if (power === "running" || power === "starting" || power === "restoring") return;
  if (power === "paused") {
    await program.run(["controlvm", call.uuid, "resume"], call);
    return;
  }
  if (!isOff({ power })) await turnOff(program, call, clock);
  // VirtualBox would start it all the same, out of reach.
  for (const { hostPort } of rules) if (!(await isFree(hostPort))) throw taken(hostPort);
  await program.exclusive(call.signal, () =>
    program.run(["startvm", call.uuid, "--type", call.ui ?? "headless"], { signal: call.signal, timeoutMs: 120_000 }),
  );
}

/** Ask the system in it to shut down; pull the plug where it does not. One that is saved stays so. */
export async function shutDown(
  program: Program,
  call: PowerCall,
  clock: Clock,
  log: (message: string) => void,
): Promise<void> {
  const { power } = await info(program, call);
  if (isOff({ power })) return;
  if (power === "paused") await control(program, call, "resume");
  if (power !== "gurumeditation") {
    await control(program, call, "acpipowerbutton");
    if (await isOffWithin(program, call, clock, SHUTDOWN_MS)) return;
    log(`It did not shut down within ${SHUTDOWN_MS / 1000} s: it is powered off`);
  }
  await turnOff(program, call, clock);
}

/** Pull the plug. */
export async function turnOff(program: Program, call: PowerCall, clock: Clock): Promise<void> {
  if (isOff(await info(program, call))) return;
  await control(program, call, "poweroff");
  if (await isOffWithin(program, call, clock, POWER_OFF_MS)) return;
  throw new MachinistError("virtualbox.stuck", "VirtualBox does not end the machine", {
    retryable: true,
    hint: `End its process yourself: VBoxManage startvm ${call.uuid} --type emergencystop`,
  });
}

/** It may have ended by itself just before. */
async function control(program: Program, call: PowerCall, action: string): Promise<void> {
  await program.run(["controlvm", call.uuid, action], call).catch((thrown: unknown) => {
    if (!isMachinistError(thrown) || !thrown.message.includes("is not currently running")) throw thrown;
  });
}

async function isOffWithin(program: Program, call: PowerCall, clock: Clock, withinMs: number): Promise<boolean> {
  const deadline = clock.now() + withinMs;
  while (!isOff(await info(program, call))) {
    if (clock.now() >= deadline) return false;
    await clock.sleep(500, call.signal);
  }
  return true;
}
