import type { EngineApi, Engines } from "@machinist/core";
import { asMachinistError, MachinistError } from "@machinist/core";
import type { SwarmInfo } from "./api-types.ts";
import { isInSwarm, swarmInfo } from "./api-types.ts";

/** One machine's answer when asked about its Swarm; `error` instead where none came. */
export interface Answer {
  readonly machine: string;
  readonly engine?: EngineApi;
  readonly info?: SwarmInfo;
  readonly error?: MachinistError;
}

/** How long one engine may take to answer a survey, in ms. */
const ANSWER_MS = 8_000;

/** Ask several machines at once. Never fails for one of them; an abort fails the whole. */
export async function survey(engines: Engines, machines: readonly string[], signal: AbortSignal): Promise<Answer[]> {
  const answers = await Promise.all(machines.map((machine) => askOne(engines, machine, signal)));
  if (signal.aborted)
    throw answers.find((answer) => answer.error !== undefined)?.error ?? asMachinistError(signal.reason);
  return answers;
}

async function askOne(engines: Engines, machine: string, signal: AbortSignal): Promise<Answer> {
  try {
    const engine = await engines.connect(machine, { signal });
    return { machine, engine, info: await swarmInfo(engine, { signal, timeoutMs: ANSWER_MS }) };
  } catch (error) {
    return { machine, error: asMachinistError(error) };
  }
}

/** A manager that can speak for its cluster. */
export interface Manager {
  readonly machine: string;
  readonly engine: EngineApi;
  readonly info: SwarmInfo;
  readonly cluster: string;
  /** The owner tag the cluster was made with, if it was made by this program. */
  readonly owner: string | undefined;
}

export const OWNER_LABEL = "machinist.owner";

export function managersIn(answers: readonly Answer[]): Manager[] {
  return answers.flatMap(({ machine, engine, info }) => {
    const cluster = info?.Cluster;
    if (engine === undefined || info === undefined || cluster?.ID === undefined || cluster.ID === "") return [];
    if (!info.ControlAvailable || !isInSwarm(info)) return [];
    return [{ machine, engine, info, cluster: cluster.ID, owner: cluster.Spec?.Labels?.[OWNER_LABEL] }];
  });
}

/** A manager of `cluster` among `machines`. Throws `swarm.no-manager` (retryable) if none answers as one. */
export async function managerOf(
  engines: Engines,
  cluster: string,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<Manager> {
  const answers = await survey(engines, machines, signal);
  const manager = managersIn(answers).find((candidate) => candidate.cluster === cluster);
  if (manager !== undefined) return manager;
  const failed = answers.find((answer) => answer.error !== undefined);
  throw new MachinistError(
    "swarm.no-manager",
    `No manager of the Swarm answers (asked: ${machines.join(", ") || "nobody"})`,
    {
      retryable: true,
      hint: "Look at the managers: machinist ls; start those that are stopped: machinist start NAME",
      ...(failed === undefined ? {} : { cause: failed.error }),
    },
  );
}
