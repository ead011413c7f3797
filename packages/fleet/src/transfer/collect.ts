import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fleetScope, isFleetScope, MachinistError, type SavedResource, type ScopeRecord } from "@machinist/core";
import { defaultFleet } from "../unfinished.ts";
import { infoOf } from "../views/info.ts";
import type { Workspace } from "../workspace.ts";
import type { Bundle, BundledFile, BundledScope } from "./inspect.ts";

/** What a scope's folder has beside its record that another store makes for itself: certificates are of the store's own CA. */
const ownFiles = /^(record\.json|config\.json|server\.pem|server-key\.pem)$/;
/** The same, unless the engine is somebody else's: then these are what it takes. */
const clientFiles = /^(ca\.pem|cert\.pem|key\.pem)$/;
/** Keys and lists of keys are small; what is larger is a disk or a log, which is not handed over. Bytes. */
const LARGEST = 256 * 2 ** 10;

/** The key of the user's own that a machine is reached with, under the name that it has in the machine's folder. */
export const importedKey = "imported_key";

export interface Collected {
  readonly bundle: Bundle;
  /** Machines that stay and are opened by a key that is handed over. */
  readonly opened: readonly string[];
}

/**
 * All that another store needs in order to have these machines. The caller holds them. Throws `machine.unknown`,
 * `export.local`, `export.fleet`, `export.unfinished`.
 */
export async function collect(workspace: Workspace, names: readonly string[]): Promise<Collected> {
  const records = await Promise.all(names.map((name) => workspace.record(name)));
  const everyone = await workspace.readable();
  const staying = everyone.filter(({ scope, machine }) => machine && !names.includes(scope));
  for (const record of records) await refuse(workspace, record, staying);
  const machines = await Promise.all(records.map((record) => machinePart(workspace, record)));
  const fleets = [...new Set(records.map(({ fleet }) => fleet))];
  const shared = await Promise.all(fleets.map((fleet) => sharedPart(workspace, fleet, records, staying)));
  const parts = [...shared.filter((part) => part !== undefined), ...machines];
  const sharedKeys = shared.filter((part) => part?.files.some(({ path }) => path === "id_ed25519"));
  const keyed = new Set(sharedKeys.map((part) => part!.record.fleet));
  const images: Record<string, string> = {};
  for (const { machine } of records) {
    const image = machine && (await workspace.drivers.images.saved(machine.driver));
    if (machine && image !== undefined) images[machine.driver] = image;
  }
  return {
    bundle: {
      ...{ machinist: "machines", version: 1, exportedAt: new Date().toISOString() },
      ...{ storePath: workspace.store.path, scopes: parts, images },
    },
    opened: staying.filter(({ fleet }) => keyed.has(fleet)).map(({ scope }) => scope),
  };
}

async function refuse(workspace: Workspace, record: ScopeRecord, staying: readonly ScopeRecord[]): Promise<void> {
  const { scope: name, fleet, machine } = record;
  const driver = await workspace.drivers.driver(machine?.driver ?? "");
  if (driver.local)
    throw new MachinistError("export.local", `${name} is a machine of this computer (driver ${driver.name})`, {
      hint: "Only machines that another computer can reach are handed over: those of clouds, and SSH hosts",
    });
  if ((await infoOf(workspace, record)).incomplete || record.was)
    throw new MachinistError("export.unfinished", `${name} is not finished`, {
      hint: "Run up or create again, or see what is missing: machinist doctor",
    });
  const left = staying.filter((each) => each.fleet === fleet).map(({ scope }) => scope);
  if (fleet !== defaultFleet && left.length > 0)
    throw new MachinistError(
      "export.fleet",
      `${name} is of fleet ${fleet}, of which ${left.join(", ")} would stay here`,
      {
        hint: `Hand the whole fleet over: machinist export ${[name, ...left].join(" ")}`,
      },
    );
}

async function machinePart(workspace: Workspace, record: ScopeRecord): Promise<BundledScope> {
  const folder = workspace.store.folder(record.scope);
  const driver = await workspace.drivers.driver(record.machine?.driver ?? "");
  const all = await filesIn(folder);
  const files = driver.engineUrl ? all : all.filter(({ path }) => !clientFiles.test(path));
  const { endpoint } = await infoOf(workspace, record);
  const keyPath = endpoint?.keyPath;
  const resources = Object.values(record.resources).filter(({ kind }) => kind !== "docker.context");
  const part = { record: { ...record, resources: byId(resources) }, files };
  if (keyPath === undefined || keyPath.startsWith(`${workspace.store.path}${sep}`)) return part;
  const data = await readFile(keyPath).catch((cause) => {
    throw new MachinistError("export.key", `The key of ${record.scope} cannot be read: ${keyPath}`, {
      cause,
      hint: "The other store needs it: put it back, or give the machine another one",
    });
  });
  // It goes along, and whatever names its path names its new place.
  const moved = JSON.parse(replaced(JSON.stringify(part.record), keyPath, join(folder, importedKey))) as ScopeRecord;
  return { record: moved, files: [...files, { path: importedKey, data: data.toString("base64") }] };
}

/** What the machines share; what others here need as well is lent. */
async function sharedPart(
  workspace: Workspace,
  fleet: string,
  going: readonly ScopeRecord[],
  staying: readonly ScopeRecord[],
): Promise<BundledScope | undefined> {
  const record = await workspace.store.load(fleetScope(fleet));
  if (!record) return undefined;
  const used = new Set(going.flatMap(({ uses }) => uses));
  const wanted = closure(record, fleet === defaultFleet ? used : new Set(Object.keys(record.resources)));
  const needed = closure(record, new Set(staying.flatMap(({ uses }) => uses)));
  const resources = wanted
    .filter(({ kind }) => kind !== "docker.context")
    .map((each) => (needed.includes(each) ? { ...each, borrowed: true as const } : each));
  // Hooks are programs of this computer.
  const { hooks: _ours, ...rest } = record;
  return {
    record: { ...rest, resources: byId(resources) },
    files: await filesIn(workspace.store.folder(record.scope)),
  };
}

/** Some resources of a scope, and all that they stand on there. */
function closure({ resources }: ScopeRecord, ids: ReadonlySet<string>): SavedResource[] {
  const all = new Set<SavedResource>();
  const add = (id: string): void => {
    const found = resources[id];
    if (!found || all.has(found)) return;
    all.add(found);
    for (const other of [...found.parents, ...(found.after ?? [])]) add(other);
  };
  for (const id of ids) add(id);
  return [...all];
}

const byId = (resources: readonly SavedResource[]) => Object.fromEntries(resources.map((each) => [each.id, each]));

/** A path in JSON, wherever it stands as a whole value or as the beginning of one. */
export const replaced = (json: string, from: string, to: string): string => {
  const inside = (path: string) => JSON.stringify(path).slice(1, -1);
  return json.replaceAll(inside(from), inside(to));
};

async function filesIn(folder: string): Promise<BundledFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: BundledFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path);
    if (ownFiles.test(inside) || inside.startsWith(".") || (await stat(path)).size > LARGEST) continue;
    files.push({ path: inside.split(sep).join("/"), data: (await readFile(path)).toString("base64") });
  }
  return files;
}

/** The names of scopes in a bundle, machines only. */
export const machinesIn = ({ scopes }: Bundle): string[] =>
  scopes.flatMap(({ record }) => (isFleetScope(record.scope) ? [] : [record.scope]));
