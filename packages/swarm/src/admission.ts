import type { Call, Engines } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { ClusterState } from "./cluster-state.ts";
import type { SwarmOptions } from "./options.ts";
import { eventually } from "./patience.ts";
import type { ClusterProps } from "./plan.ts";
import { type Answer, managersIn, survey } from "./survey.ts";

/**
 * Look at all managers of now and of after before anything is changed. Throws `swarm.quorum` where those that stay and answer
 * would not be a majority of those that stay. New ones are not counted on: they may not come up.
 */
export async function admit(
  { engines }: SwarmOptions,
  { props, state, signal }: Call<ClusterProps> & { readonly state: ClusterState },
): Promise<void> {
  const before = new Set([...state.managers, ...(state.declared ?? [])]);
  const leaving = [...before].filter((machine) => !props.managers.includes(machine));
  if (leaving.length === 0) return;
  const staying = props.managers.filter((machine) => before.has(machine));
  const answers = await surveyWithLeader(engines, [...before], signal);
  if (answers.some(({ info }) => info?.LocalNodeState === "locked")) return; // unlocked first; each step looks again
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
      hint: `Nothing was changed. First start what is away (machinist start ${silent.join(" ")}), or keep the managers that answer: ${[...speaking].join(", ")}`,
    },
  );
}

/** How long an election may take, in ms. */
const ELECTION_MS = 20_000;

/** A leader that has just gone leaves managers that answer and speak for nobody, until another is elected. */
async function surveyWithLeader(engines: Engines, machines: readonly string[], signal: AbortSignal): Promise<Answer[]> {
  const look = () => survey(engines, machines, signal);
  const electing = (answers: readonly Answer[]) =>
    managersIn(answers).length === 0 && answers.some(({ info }) => info?.ControlAvailable);
  const settled = await eventually(
    async () => {
      const answers = await look();
      return electing(answers) ? undefined : answers;
    },
    { signal, forMs: ELECTION_MS, everyMs: 500 },
  );
  return settled ?? look();
}
