import { type Data, type Emit, isFleetScope, MachinistError, planChanges, type ScopeRecord } from "@machinist/core";
import type { Imported, ImportOptions } from "../api.ts";
import { keyFile } from "../identities.ts";
import { Operation } from "../operation.ts";
import { projectAll } from "../settle-records.ts";
import { type Admitting, admitted } from "../transfer/admit.ts";
import { open } from "../transfer/bundle.ts";
import { type Bundle, type BundledScope, notOurs } from "../transfer/inspect.ts";
import { fleetNameHere, placeAll, placedRecord } from "../transfer/place.ts";
import type { Workspace } from "../workspace.ts";

const nothing: Emit = () => {};

/**
 * Have this store know the machines of an exported file: whole or not at all. What the file says of objects at a provider is not
 * believed; each must be found there by its owner tag. Their engines take this store's certificates when they are provisioned
 * next. Done twice it is done once. Throws `import.*`, `machine.exists`, `driver.unknown`, `options.*`.
 */
export async function importMachines(
  workspace: Workspace,
  data: Uint8Array,
  options: ImportOptions,
): Promise<Imported> {
  const bundle = await open(data, options.passphrase);
  const operation = new Operation(workspace, nothing, options.signal ?? new AbortController().signal);
  try {
    const drivers = await driversOf(workspace, bundle, options.trust ?? []);
    const machines = bundle.scopes.flatMap(({ record }) => (isFleetScope(record.scope) ? [] : [record.scope]));
    await operation.lock(machines);
    const fresh = await unknownHere(workspace, bundle);
    const fleets = await fleetNames(workspace, bundle);
    await operation.lock([...fleets.values()].map((fleet) => `@${fleet}`));
    const placed = withKeys(
      bundle.scopes.map((part) => placedPart(workspace, bundle, part, fleets)),
      drivers,
    ).filter(({ record }) => record.machine === undefined || fresh.includes(record.scope));
    const kinds = await operation.kinds(
      placed.map(({ record }) => record),
      [],
    );
    const parts = await admitted(workspace, placed, { drivers, kinds });
    const seen = await lookUp(parts, { drivers, kinds, operation });
    await placeAll(
      workspace,
      parts.map((part) => withStates(part, seen)),
    );
    for (const scope of fresh) await operation.load(scope);
    await projectAll(workspace, operation, fresh);
    return { machines, fresh, fleets: Object.fromEntries(fleets) };
  } finally {
    await operation.close();
  }
}

/**
 * The drivers of the file's machines, by their plain names: those that are here. Throws `driver.unknown`, `import.image` for one
 * that was an image and is none here, `import.local` for one whose machines are on one computer: it believes paths.
 */
async function driversOf(
  workspace: Workspace,
  { scopes, images }: Bundle,
  trust: readonly string[],
): Promise<Admitting[]> {
  const names = new Set(scopes.flatMap(({ record }) => record.machine?.driver ?? []));
  for (const [driver, image] of Object.entries(images)) await refuseUnknown(workspace, driver, image);
  const drivers = await Promise.all(
    [...names].map(async (name) => ({
      module: await workspace.drivers.module(name),
      driver: await workspace.drivers.driver(name),
      trusted: trust.includes(name),
    })),
  );
  const kinds = new Set(["docker", "swarm", "compose", ...names]);
  for (const { kind, id } of scopes.flatMap(({ record }) => Object.values(record.resources)))
    if (!kinds.has(kind.slice(0, kind.indexOf("."))))
      throw notOurs(`${id} is of kind ${JSON.stringify(kind)}, which no driver of its machines has`);
  const local = drivers.find(({ driver }) => driver.local);
  if (!local) return drivers;
  throw new MachinistError(
    "import.local",
    `The file has machines of driver ${local.driver.name}, which are on one computer`,
    { hint: "It was not made by machinist export: do not trust it" },
  );
}

/** A file of somebody's starts no program here that nobody chose. */
async function refuseUnknown(workspace: Workspace, driver: string, image: string): Promise<void> {
  if ((await workspace.drivers.images.saved(driver)) !== undefined) return;
  const { isImage } = await import("@machinist/driver-plugin");
  // The hint is a command to be typed: no more of the file gets into it than an image's name.
  if (!isImage(image)) throw notOurs(`${JSON.stringify(image.slice(0, 80))} is not a container image`);
  throw new MachinistError("import.image", `The file's machines need driver ${driver}, from the image ${image}`, {
    hint: `If you trust that image, add it first: machinist driver add docker://${image}`,
  });
}

/** The machines that this store does not have yet. Throws `machine.exists` for another of the name, `import.known`. */
async function unknownHere(workspace: Workspace, { scopes }: Bundle): Promise<string[]> {
  const here = await workspace.readable();
  return scopes.flatMap(({ record: { scope, uid, machine } }) => {
    if (!machine) return [];
    const twin = here.find((each) => each.uid === uid);
    if (twin?.scope === scope) return [];
    if (twin)
      throw new MachinistError("import.known", `${scope} of the file is here already, as ${twin.scope}`, {
        hint: "Nothing needs to be done: it is the same machine",
      });
    if (here.some((each) => each.scope === scope))
      throw new MachinistError("machine.exists", `There is already another machine ${scope}`, {
        hint: `Rename it first: machinist rename ${scope} NEW; or import into another store: --storage-path`,
      });
    return [scope];
  });
}

async function fleetNames(workspace: Workspace, { scopes }: Bundle): Promise<Map<string, string>> {
  const shared = scopes.filter(({ record }) => isFleetScope(record.scope));
  const names = shared.map(async ({ record }) => [record.fleet, await fleetNameHere(workspace, record)] as const);
  return new Map(await Promise.all(names));
}

function placedPart(
  workspace: Workspace,
  { storePath }: Bundle,
  { record, files }: BundledScope,
  fleets: ReadonlyMap<string, string>,
): BundledScope {
  const to = { storePath: workspace.store.path, fleet: fleets.get(record.fleet) ?? record.fleet };
  return { record: placedRecord(record, { storePath, fleet: record.fleet }, to), files };
}

/** The key of a whole fleet becomes each machine's own: others know it, and the fleet's next machines get another. */
function withKeys(parts: readonly BundledScope[], drivers: readonly Admitting[]): BundledScope[] {
  const isKey = ({ path }: { readonly path: string }) => path === keyFile || path === `${keyFile}.pub`;
  const sharing = new Set(drivers.filter(({ driver }) => driver.sshKey === "fleet").map(({ driver }) => driver.name));
  return parts.map(({ record, files }) => {
    if (!record.machine) return { record, files: files.filter((file) => !isKey(file)) };
    const fleet = parts.find((part) => !part.record.machine && part.record.fleet === record.fleet);
    if (!sharing.has(record.machine.driver) || files.some(isKey)) return { record, files };
    return { record, files: [...files, ...(fleet?.files ?? []).filter(isKey)] };
  });
}

/** What providers have of the file's machines, each found by its owner tag. Throws `import.absent`, `import.unseen`. */
async function lookUp(
  parts: readonly BundledScope[],
  { drivers, kinds, operation }: Pick<Parameters<typeof admitted>[2], "drivers" | "kinds"> & { operation: Operation },
): Promise<Map<string, Data>> {
  const asked = drivers.filter(({ trusted }) => !trusted);
  const isAsked = (kind: string) =>
    asked.some(({ driver }) => Object.hasOwn(driver.resourceTypes, kind)) && kinds[kind]?.retainOnDelete !== true;
  const records = parts.map(({ record }): ScopeRecord => {
    const own = Object.values(record.resources).filter(({ kind }) => isAsked(kind));
    return { ...record, resources: Object.fromEntries(own.map((each) => [each.id, each])) };
  });
  const seen = new Map<string, Data>();
  const changes = await planChanges({
    wanted: records.flatMap((record) => Object.values(record.resources)),
    records,
    resourceTypes: kinds,
    signal: operation.signal,
    onSeen: (id, state) => seen.set(id, state),
  });
  for (const { id, action, reason } of changes) {
    if (action === "unknown")
      throw new MachinistError("import.unseen", `${id} of the file could not be checked with its provider: ${reason}`, {
        hint: "Import again once the provider answers, with the credentials of its account",
      });
    if (!seen.has(id))
      throw new MachinistError("import.absent", `The provider has no ${id} with the tag that the file names`, {
        hint: "Use the credentials of the account that they are in; if they are gone, there is nothing to import",
      });
  }
  return seen;
}

function withStates({ record, files }: BundledScope, seen: ReadonlyMap<string, Data>): BundledScope {
  const resources = Object.values(record.resources).map((saved) => {
    const state = seen.get(saved.id);
    return [saved.id, state ? { ...saved, state } : saved] as const;
  });
  return { record: { ...record, resources: Object.fromEntries(resources) }, files };
}
