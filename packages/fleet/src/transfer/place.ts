import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fleetScope, isFleetScope, MachinistError, resourcesNamed, type ScopeRecord } from "@machinist/core";
import type { Workspace } from "../workspace.ts";
import { replaced } from "./collect.ts";
import type { BundledFile, BundledScope } from "./inspect.ts";

/** A record whose paths are those of this store, and whose fleet has the name that it has here. Pure. */
export function placedRecord(
  record: ScopeRecord,
  from: { readonly storePath: string; readonly fleet: string },
  to: { readonly storePath: string; readonly fleet: string },
): ScopeRecord {
  const moved = JSON.parse(replaced(JSON.stringify(record), from.storePath, to.storePath)) as ScopeRecord;
  if (from.fleet === to.fleet) return moved;
  const [before, after] = [`${fleetScope(from.fleet)}/`, `${fleetScope(to.fleet)}/`];
  const named = (text: string): string => (text.startsWith(before) ? after + text.slice(before.length) : text);
  return {
    ...moved,
    scope: isFleetScope(moved.scope) ? fleetScope(to.fleet) : moved.scope,
    fleet: to.fleet,
    uses: moved.uses.map(named),
    resources: resourcesNamed(moved.resources, named),
  };
}

/** What fleets of a bundle are called here: where this store has another fleet of the name, a part of its uid is added. */
export async function fleetNameHere(workspace: Workspace, { fleet, uid }: ScopeRecord): Promise<string> {
  const there = await workspace.store.load(fleetScope(fleet));
  if (!there || there.uid === uid) return fleet;
  return `${fleet}-${uid.slice(-6)}`;
}

/**
 * Put machines and what they share into this store: all of it or, where that fails, nothing. What this store has of a fleet
 * already stays as it is. The caller holds all scopes. Throws `store.write`.
 */
export async function placeAll(workspace: Workspace, parts: readonly BundledScope[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const part of parts) undo.push(await (part.record.machine ? placeMachine : placeShared)(workspace, part));
  } catch (thrown) {
    for (const step of undo.reverse()) await step().catch(() => {}); // the first failure is the one to be told
    throw thrown;
  }
}

/** Hooks are programs of this computer: those of a file are not taken, the next `up` has the manifest's. */
async function placeShared(workspace: Workspace, { record, files }: BundledScope): Promise<() => Promise<void>> {
  const { store } = workspace;
  const there = await store.load(record.scope);
  const { hooks: _theirs, keyMark: _mark, ...rest } = record;
  // Others know the keys that came along: what is made here later has a name of its own.
  const mine = there ?? { keyMark: randomBytes(3).toString("hex") };
  if (!there) await writing(store.folder(record.scope), () => writeFiles(store.folder(record.scope), files));
  await store.save({
    ...rest,
    ...mine,
    resources: { ...record.resources, ...there?.resources },
    lastGeneration: Math.max(record.lastGeneration, there?.lastGeneration ?? 0),
  });
  return () => (there ? store.save(there) : store.remove(record.scope));
}

async function placeMachine(workspace: Workspace, { record, files }: BundledScope): Promise<() => Promise<void>> {
  const folder = workspace.store.folder(record.scope);
  // Dot-folders are nobody's machines.
  const draft = join(dirname(folder), `.incoming-${randomBytes(6).toString("hex")}`);
  try {
    await writing(draft, async () => {
      const text = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`).toString("base64");
      await writeFiles(draft, [...files, { path: "record.json", data: text }]);
      await rename(draft, folder);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return () => workspace.store.remove(record.scope);
}

async function writing(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new MachinistError("store.write", `${folder} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: "Free some space, or look at the folder's rights",
    });
  }
}

/** Their paths were checked when the file was read. */
async function writeFiles(folder: string, files: readonly BundledFile[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, data } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, Buffer.from(data, "base64"), { mode: 0o600, flag: "wx" });
  }
}
