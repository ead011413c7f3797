import { randomBytes } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { fleetScope, isFleetScope, MachinistError, resourcesNamed, type ScopeRecord } from "@machinist/core";
import { checkMachineName } from "../machine-name.ts";
import type { Workspace } from "../workspace.ts";
import type { BundledFile, BundledScope } from "./bundle.ts";
import { replaced } from "./collect.ts";

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
 * Put what machines share into this store, beside what it has of it already, whose files stay as they are. Hooks are programs of
 * this computer: those of a file are not taken, the next `up` has the manifest's. The caller holds the fleet.
 */
export async function placeShared(
  workspace: Workspace,
  record: ScopeRecord,
  files: readonly BundledFile[],
): Promise<void> {
  const there = await workspace.store.load(record.scope);
  const resources = { ...record.resources, ...there?.resources };
  const lastGeneration = Math.max(record.lastGeneration, there?.lastGeneration ?? 0);
  const { hooks: _theirs, ...rest } = record;
  await mkdir(workspace.store.folder(record.scope), { recursive: true, mode: 0o700 });
  if (!there) await writeFiles(workspace.store.folder(record.scope), files);
  await workspace.store.save({ ...rest, ...there, resources, lastGeneration });
}

/**
 * Put a machine into this store, whole or not at all. The caller holds it. False where this store has the very machine.
 * Throws `machine.exists`, `import.file`.
 */
export async function placeMachine(workspace: Workspace, { record, files }: BundledScope): Promise<boolean> {
  checkMachineName(record.scope);
  const there = await workspace.store.load(record.scope);
  if (there?.uid === record.uid) return false;
  if (there)
    throw new MachinistError("machine.exists", `There is already another machine ${record.scope}`, {
      hint: `Rename it first: machinist rename ${record.scope} NEW; or import into another store: --storage-path`,
    });
  const folder = workspace.store.folder(record.scope);
  // Dot-folders are nobody's machines.
  const draft = join(dirname(folder), `.incoming-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 });
    const text = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`).toString("base64");
    await writeFiles(draft, [...files, { path: "record.json", data: text }]);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return true;
}

/** Throws `import.file` for a path that leads elsewhere. */
async function writeFiles(folder: string, files: readonly BundledFile[]): Promise<void> {
  for (const { path, data } of files) {
    const clean = typeof path === "string" ? normalize(path) : "";
    if (
      clean === "" ||
      clean === "." ||
      isAbsolute(clean) ||
      clean.split(/[\\/]/).includes("..") ||
      typeof data !== "string"
    )
      throw new MachinistError("import.file", `The file names a path that is none of a machine's: ${String(path)}`, {
        hint: "It was not made by machinist export: do not trust it",
      });
    const target = join(folder, clean);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, Buffer.from(data, "base64"), { mode: 0o600 });
    await chmod(target, 0o600);
  }
}
