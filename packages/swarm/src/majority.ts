import type { Call, Engines } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { ClusterState } from "./cluster-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { ClusterProps } from "./plan.ts";
import { eventually } from "./poll.ts";
import { type Answer, managersIn, survey } from "./survey.ts";
import { isLocked } from "./unlock.ts";

/**
 * Look at all managers of now and of after. Throws `swarm.quorum` where those that stay and answer
 * would not be a majority of those that stay. New ones are not counted on: they may not come up.
 */
export async function refuseLostMajority(
  { engines }: SwarmOptions,
  { props, state, signal }: Call<ClusterProps> & { readonly state: ClusterState },
): Promise<void> {
  const before = new Set([...state.managers, ...(state.declared ?? [])]);
  const leaving = [...before].filter((machine) => !props.managers.includes(machine));
  if (leaving.length === 0) return;
  const staying = props.managers.filter((machine) => before.has(machine));
  const answers = await surveyWithLeader(engines, [...before], signal);
  if (answers.some(({ info }) => info !== undefined && isLocked(info))) return; // unlocked first; each step looks again
  const speaking = new Set(
    managersIn(answers).flatMap(({ machine, cluster }) => (cluster === state.cluster ? [machine] : [])),
  );
  const silent = staying.filter((machine) => !speaking.has(machine));
  const fresh = props.managers.length - staying.length;
  if (staying.length - silent.length > silent.length || (staying.length === 0 && fresh > 0)) return;
  const healthy = leaving.filter((machine) => speaking.has(machine));
  if (healthy.length === 0 && speaking.size === 0) return; // nobody speaks: what follows says why
  throw new MachinistError(
    "swarm.quorum",
    `Without ${leaving.join(", ")} the Swarm's managers would have no majority: ${silent.join(", ")} ${silent.length === 1 ? "does" : "do"} not answer as a manager`,
    {
      hint: `First start what is away (machinist start ${silent.join(" ")}), or keep the managers that answer: ${[...speaking].join(", ")}`,
    },
  );
}

/** How long an election may take, with the time that engines without a leader keep their answer back, in ms. */
const ELECTION_MS = 30_000;

/** A leader that has just gone leaves managers that speak for nobody, or do not answer, until another is elected. */
async function surveyWithLeader(engines: Engines, machines: readonly string[], signal: AbortSignal): Promise<Answer[]> {
  let answers: Answer[] = [];
  await eventually(
    async () => {
      answers = await survey(engines, machines, signal);
      return (
        managersIn(answers).length > 0 || answers.some(({ info }) => info !== undefined && isLocked(info)) || undefined
      );
    },
    { signal, forMs: ELECTION_MS, everyMs: 500 },
  );
  return answers;
}
