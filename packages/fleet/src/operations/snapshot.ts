import {
  type Driver,
  type Emit,
  type MachineCall,
  MachinistError,
  type Snapshot,
  type Snapshots,
} from "@machinist/core";
import type { Outcome, RunControl, SnapshotAction } from "../api.ts";
import { hintOf } from "../hint-of.ts";
import { asDone, outcomeOf } from "../outcome.ts";
import { projectAll, urlsOf } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";
import { eachMachine, type MachineWork } from "./each-machine.ts";
import { recorded } from "./up.ts";

/** How long it may take to copy nothing but the differences of a disk, and to shut down and start. */
const snapshotMs = 900_000;

/**
 * Take, restore or remove a snapshot. Where the machine must be off for it, one that ran is shut down and started again,
 * also when it failed; after a restore it is looked at, and repaired, as a whole. Throws `snapshot.name`,
 * `snapshot.exists`, `snapshot.unknown`, `snapshot.unsupported`, `snapshot.swarm`.
 */
export function snapshot(
  workspace: Workspace,
  action: SnapshotAction,
  { machine, name }: { readonly machine: string; readonly name: string },
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  checkName(name);
  return eachMachine(workspace, [machine], options, emit, async (work) => {
    const startedAt = Date.now();
    const { operation, record } = work;
    const driver = await workspace.drivers.driver(record.machine.driver);
    const snapshots = snapshotsOf(driver);
    const call: MachineCall = {
      machine,
      states: await workspace.states(record),
      signal: AbortSignal.any([operation.signal, AbortSignal.timeout(snapshotMs)]),
      log: (message, level = "info") => emit({ type: "log", id: machine, level, message }),
    };
    refuse(action, { machine, name }, await snapshots.list(call));
    if (action === "restore") refuseMember(work);
    const change = () => snapshots[action](call, name);
    if (action === "remove") await change();
    else await whileOff(driver, work, call, change);
    call.log(`snapshot ${name}: ${{ take: "taken", restore: "restored", remove: "removed" }[action]}`);
    await workspace.run?.audit.write({ type: "reason", machine, reason: `${action} snapshot ${name}` });
    return action === "restore" ? refresh(workspace, work, startedAt) : done(machine, startedAt);
  });
}

/** What there is of one machine, oldest first. */
export async function snapshotsOfMachine(
  workspace: Workspace,
  machine: string,
  signal: AbortSignal,
): Promise<readonly Snapshot[]> {
  const record = await workspace.record(machine);
  const driver = await workspace.drivers.driver(record.machine?.driver ?? "");
  const call = { machine, states: await workspace.states(record), signal, log: () => {} };
  const all = await snapshotsOf(driver).list(call);
  return [...all].sort((a, b) => a.takenAt - b.takenAt);
}

function snapshotsOf({ name, snapshots }: Driver): Snapshots {
  if (snapshots) return snapshots;
  throw new MachinistError("snapshot.unsupported", `Driver ${name} has no snapshots`, {
    hint: "Take one with the provider's own tools, or back up what is in the volumes",
  });
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name)) return;
  throw new MachinistError("snapshot.name", `${JSON.stringify(name.slice(0, 80))} cannot be a snapshot's name`, {
    hint: "Use up to 63 small letters, digits, dots, hyphens and underscores, starting with a letter or digit",
  });
}

function refuse(
  action: SnapshotAction,
  { machine, name }: { readonly machine: string; readonly name: string },
  there: readonly Snapshot[],
): void {
  const names = there.map((each) => each.name);
  if (action === "take" && names.includes(name))
    throw new MachinistError("snapshot.exists", `${machine} has a snapshot ${name} already`, {
      hint: `Choose another name, or remove it first: machinist snapshot rm ${machine} ${name}`,
    });
  if (action !== "take" && !names.includes(name))
    throw new MachinistError("snapshot.unknown", `${machine} has no snapshot ${name}`, {
      hint: hintOf(name, names) ?? `See which there are: machinist snapshot ls ${machine}`,
    });
}

/** The others of its Swarm have gone on: a manager that is put back would vote twice. */
function refuseMember({ name, record }: MachineWork): void {
  if (!Object.values(record.resources).some(({ kind }) => kind === "swarm.member")) return;
  throw new MachinistError("snapshot.swarm", `${name} is in a Swarm, and cannot be put back to what it was`, {
    hint: "Let it leave the Swarm first: take swarm off its group in the manifest, and run machinist up",
  });
}

async function whileOff(
  driver: Driver,
  { operation, name }: MachineWork,
  call: MachineCall,
  change: () => Promise<void>,
): Promise<void> {
  const before = (await driver.status?.(call)) ?? "unknown";
  if (before !== "running" && before !== "stopped")
    throw new MachinistError("snapshot.state", `${name} is ${before}: only what runs or is stopped can be copied`, {
      hint: `Look at it first: machinist status ${name}`,
    });
  await operation.services.drop(name);
  if (before === "running") {
    call.log("It is shut down for the snapshot, and started again");
    await driver.power?.stop?.(call);
  }
  try {
    await change();
  } finally {
    // Not interrupted: it ran before.
    if (before === "running") await driver.power?.start?.({ ...call, signal: AbortSignal.timeout(snapshotMs) });
  }
}

/** What is on the disk now may be older than what is on record: every step is checked again. */
async function refresh(workspace: Workspace, { operation, record, name }: MachineWork, startedAt: number) {
  const wanted = recorded(record);
  const engine = wanted.filter(({ kind }) => kind === "docker.engine").map(({ id }) => id);
  const again = new Map(engine.map((id) => [id, ["provision", "certificates"]] as const));
  const outcomes = await operation.converge([name], wanted, { again });
  await projectAll(workspace, operation, [name]);
  const outcome = outcomeOf(outcomes, [name], { urls: urlsOf(operation, [name]), startedAt });
  return outcome.ok ? asDone(outcome) : outcome;
}

const done = (name: string, startedAt: number): Outcome => ({
  ok: true,
  cancelled: false,
  changed: 1,
  machines: [{ name, result: "done", ms: Date.now() - startedAt }],
  failures: [],
  ms: Date.now() - startedAt,
});
