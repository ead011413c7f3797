import { MachinistError } from "@machinist/core";
import type { EngineState } from "../engine-state.ts";
import { daemonStage } from "./daemon.ts";
import { dockerStage } from "./docker.ts";
import { hostnameStage } from "./hostname.ts";
import { verifyFromHere } from "./verify.ts";
import type { Stage, Work } from "./work.ts";

const STAGES: readonly Stage[] = [hostnameStage, dockerStage, daemonStage];

/**
 * Make a host what its props say: check each step, apply what is not so, check again, and last of all talk to the engine
 * over TLS from here. Where everything is so already, nothing is written and nothing restarts.
 */
export async function runRecipe(work: Work): Promise<EngineState> {
  const { call } = work;
  for (const step of ["facts", "sudo"]) {
    call.step(step, "checking");
    call.step(step, "unchanged");
  }
  for (const stage of STAGES) await runStage(stage, work);
  // Only now does the engine take them.
  await work.dependencies.certificates.copyTo(work.machineDir);
  work.state = { ...work.state, copied: true };
  return verifyFromHere(work);
}

async function runStage({ steps, apply }: Stage, work: Work): Promise<void> {
  const { step, signal } = work.call;
  signal.throwIfAborted();
  for (const { name } of steps) step(name, "checking");
  const pending = steps.filter((candidate) => !candidate.done(work));
  for (const { name } of steps.filter((candidate) => !pending.includes(candidate))) step(name, "unchanged");
  if (pending.length === 0) return;
  for (const { name } of pending) step(name, "applying");
  try {
    await apply(
      work,
      pending.map(({ name }) => name),
    );
    const undone = pending.find((candidate) => !candidate.done(work));
    if (undone) throw stillNotSo(undone.name, work);
  } catch (error) {
    for (const { name } of pending) step(name, "failed");
    throw error;
  }
  for (const { name } of pending) step(name, "applied");
}

const stillNotSo = (step: string, { call, state }: Work): MachinistError =>
  new MachinistError("provision.step", `The step ${step} was applied on ${call.props.machine} and still is not so`, {
    hint:
      step === "configuration" && state.running
        ? "Another drop-in of docker.service seems to override it: see `systemctl cat docker` on the host."
        : `Look at the host with: machinist ssh ${call.props.machine}`,
  });
