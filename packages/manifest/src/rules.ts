import { stat } from "node:fs/promises";
import type { MachineSpec, StackSpec } from "@machinist/core";
import type { Group } from "./groups.ts";
import type { Problem, Problems } from "./problem.ts";
import type { NamedFile } from "./projects.ts";
import { at, entriesOf, keyPlace, type Tree } from "./tree.ts";

/** What a Swarm needs; warnings come back, faults are added. */
export function checkSwarm(
  root: Tree,
  groups: readonly Group[],
  stacks: readonly StackSpec[],
  problems: Problems,
): Problem[] {
  const machines = groups.flatMap((group) => group.machines);
  const having = (role: string) => (machine: MachineSpec) => machine.swarm?.role === role;
  const managers = machines.filter(having("manager"));
  const hint = "Give a group `swarm: manager`.";
  checkSettings(root, machines.filter(({ swarm }) => swarm).length, problems);
  if (managers.length === 0) {
    const workers = groups.find((group) => group.machines.some(having("worker")));
    const place = workers?.place ?? entriesOf(at(root, "stacks"))[0]?.[1].key;
    const sentence = workers
      ? `machines.${workers.name} are Swarm workers, but no machine is a manager`
      : `stacks.${stacks[0]?.name} needs a Swarm, but no machine is a manager`;
    if (workers !== undefined || stacks.length > 0)
      problems.add({ code: "manifest.no-manager", sentence, place, hint });
  }
  if (managers.length === 0 || managers.length % 2 === 1) return [];
  const place = groups.find((group) => group.machines.some(having("manager")))?.place;
  const fewer = managers.length - 1;
  const sentence = `${managers.length} managers survive the loss of no more of them than ${fewer} do; an odd number is better`;
  return [{ code: "manifest.invalid", sentence, place }];
}

/** Settings of the Swarm as a whole need one, and must leave it in service. */
function checkSettings(root: Tree, members: number, problems: Problems): void {
  const settings = at(root, "swarm");
  if (settings === undefined) return;
  if (members === 0) {
    const sentence = "swarm says how the fleet's Swarm is to be, but no group is in one";
    const hint = "Give a group `swarm: manager`, or leave swarm out.";
    problems.add({ code: "manifest.no-swarm", sentence, place: keyPlace(root, "swarm"), hint });
    return;
  }
  const most = at(settings, "max-unavailable");
  if (most?.kind !== "leaf" || Number(most.value) < Math.max(2, members)) return;
  const sentence = `swarm.max-unavailable of ${most.text} lets all ${members} machines of the Swarm go out of service at once`;
  const hint =
    members > 1 ? `At most ${members - 1} is possible.` : "One machine cannot stay in service: leave it out.";
  problems.add({ code: "manifest.invalid", sentence, place: most.place, hint });
}

/** Every compose, stack and env file must be a file. */
export async function checkFiles(files: readonly NamedFile[], problems: Problems): Promise<void> {
  const seen = new Map<string, Promise<string | undefined>>();
  for (const { path, written, what, place } of files) {
    const fault = seen.get(path) ?? fileFault(path);
    seen.set(path, fault);
    const why = await fault;
    const name = JSON.stringify(written.length > 100 ? `${written.slice(0, 97)}…` : written);
    if (why !== undefined)
      problems.add({ code: "manifest.file-missing", sentence: `the ${what} ${name} ${why}`, place });
  }
}

async function fileFault(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFile() ? undefined : "is not a file";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "EACCES" ? "may not be looked at" : "does not exist";
  }
}
