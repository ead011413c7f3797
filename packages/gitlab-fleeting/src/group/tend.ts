import type { MachineInfo } from "@machinist/fleet";
import type { InstanceState } from "./contract.ts";
import { stateOfMachine, stateOfTask } from "./instance-state.ts";
import type { Opened } from "./opened.ts";

/** A provider that does not answer must not hold up what is known of the others, in ms. */
export const LOOK_MS = 20_000;

/** What the records say, by name. */
type Infos = ReadonlyMap<string, MachineInfo | "unreadable">;

/** Go on with whatever is not as the roster wants it. */
export async function tend(opened: Opened): Promise<Infos> {
  const { roster, tasks, machines } = opened;
  const infos = new Map<string, MachineInfo | "unreadable">();
  const [lost, begun, unprepared]: [string[], string[], string[]] = [[], [], []];
  const renewed: MachineInfo[] = [];
  await Promise.all(
    roster.names().map(async (name) => {
      const info = await machines.info(name).catch(() => "unreadable" as const);
      if (info !== undefined) infos.set(name, info);
      if (info === "unreadable" || !tasks.isFree(name)) return;
      const member = roster.get(name);
      if (info === undefined || member?.wanted === "gone") lost.push(name);
      else if (info.incomplete && member?.wanted === "running") begun.push(name);
      else if (!member?.prepared) unprepared.push(name);
      else renewed.push(info);
    }),
  );
  if (lost.length > 0) void machines.remove(lost);
  if (begun.length > 0) void machines.make(begun.map((name) => ({ name }))).catch(() => {});
  if (unprepared.length > 0) void machines.prepare(unprepared);
  await renew(opened, renewed);
  return infos;
}

/** A lease outlives its runner, and ends unless somebody here says that the machine is wanted still. */
async function renew({ settings, machinist }: Opened, infos: readonly MachineInfo[]): Promise<void> {
  const { leaseMs } = settings.machine;
  if (leaseMs === undefined) return;
  const half = (await machinist.time()) + leaseMs / 2;
  const due = infos.filter(({ leaseUntil = half }) => leaseUntil < half).map(({ name }) => name);
  if (due.length > 0) void machinist.lease(due, leaseMs).result.catch(() => {});
}

/** What an instance is doing, after a look at its record: its provider is asked where that says that it is up. */
export async function stateOf(opened: Opened, name: string, infos: Infos): Promise<InstanceState> {
  const { roster, tasks, machinist, machines, log } = opened;
  const task = tasks.of(name);
  const member = roster.get(name);
  if (member === undefined) return "deleted";
  if (member.wanted === "gone") return "deleting";
  const info = infos.get(name);
  // Before it is begun it has no record; without one later on, it is gone.
  if (info === undefined && task !== "creating") return "deleted";
  if (info === undefined || task !== undefined) return stateOfTask[task ?? "creating"];
  if (info === "unreadable") return "timeout";
  if (info.incomplete || !member.prepared) return "creating";
  const seen = await machinist.status(name, { signal: AbortSignal.timeout(LOOK_MS) }).catch(() => "unknown" as const);
  const state = stateOfMachine(seen, member.wanted === "suspended");
  if (state !== undefined) return state;
  log("warn", `${name} is gone at its provider`, { instance: name });
  await roster.want([name], "gone");
  void machines.remove([name]);
  return "deleted";
}
