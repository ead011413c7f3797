import type { EngineApi, Level } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { isInSwarm, isPassing, swarmNodes } from "./api-types.ts";
import { LISTEN } from "./cluster-kind.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demote } from "./drain.ts";
import { forget } from "./leave.ts";
import type { SwarmOptions } from "./options.ts";
import { patiently } from "./poll.ts";
import { type Answer, managerOf, managersIn, survey } from "./survey.ts";
import { unlockMachine } from "./unlock.ts";

export interface Recovery {
  readonly fleet: string;
  /** The machine whose copy of the Swarm's state becomes the Swarm. */
  readonly from: string;
  readonly state: ClusterState;
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
}

/**
 * Begin a Swarm that has lost the majority of its managers again from what one of them knows: it keeps its id, its services,
 * nodes and secrets; what only the others had agreed on is lost, and they are managers no more. May be called again after a
 * crash. Throws `swarm.has-leader` where there is nothing to recover, `swarm.not-manager` where `from` knows nothing.
 */
export async function recoverSwarm(options: SwarmOptions, recovery: Recovery): Promise<void> {
  const { fleet, from, state, signal, log } = recovery;
  await unlockMachine(options, fleet, from, signal);
  const machines = [...new Set([from, ...state.managers, ...(state.declared ?? [])])];
  const [own, ...others] = await survey(options.engines, machines, signal);
  refuse(own!, others, recovery);
  const address = await options.advertise(from);
  await letLeave(others, signal, log);
  await own!.engine!.request("POST", "/swarm/init", {
    signal,
    timeoutMs: 120_000,
    body: { ListenAddr: LISTEN, AdvertiseAddr: address, ForceNewCluster: true, Spec: {} },
  });
  const wait = { signal, forMs: 60_000, passing: isPassing };
  const manager = await patiently(() => managerOf(options.engines, state.cluster, [from], signal), wait);
  await patiently(() => dropManagers(manager.engine, manager.info.NodeID, signal), wait);
}

function refuse(own: Answer, others: readonly Answer[], { from, state }: Recovery): void {
  const [leader] = managersIn([own, ...others]).filter(({ cluster }) => cluster === state.cluster);
  if (leader !== undefined)
    throw new MachinistError("swarm.has-leader", `The Swarm has its majority: ${leader.machine} answers for it`, {
      hint: "There is nothing to recover. What is missing is made by: machinist up",
    });
  if (own.info === undefined) throw own.error;
  if (!isInSwarm(own.info) || !own.info.ControlAvailable)
    throw new MachinistError("swarm.not-manager", `${from} is no manager of the Swarm: it does not know its services`, {
      hint: "Name a machine that is one, with --from",
    });
}

/** Managers that answer must not go on by themselves with the old majority: there would be two Swarms. */
async function letLeave(others: readonly Answer[], signal: AbortSignal, log: Recovery["log"]): Promise<void> {
  for (const { machine, engine, info } of others) {
    if (engine === undefined || info === undefined)
      log(`${machine} does not answer: remove it, or do not start it before the next up`, "warn");
    else if (isInSwarm(info) && info.ControlAvailable)
      await engine.request("POST", "/swarm/leave?force=true", { signal, timeoutMs: 60_000 });
  }
}

async function dropManagers(engine: EngineApi, self: string, signal: AbortSignal): Promise<void> {
  const nodes = await swarmNodes(engine, { signal });
  for (const { ID, Spec } of nodes) {
    if (ID === self || Spec.Role !== "manager") continue;
    await demote(engine, ID, signal);
    await forget(engine, ID, signal);
  }
}
