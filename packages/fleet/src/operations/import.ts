import { type Emit, fleetScope, isFleetScope, MachinistError } from "@machinist/core";
import type { Imported, RunControl } from "../api.ts";
import { Operation } from "../operation.ts";
import { projectAll } from "../settle-records.ts";
import { type Bundle, type BundledScope, open } from "../transfer/bundle.ts";
import { fleetNameHere, placedRecord, placeMachine, placeShared } from "../transfer/place.ts";
import type { Workspace } from "../workspace.ts";

const nothing: Emit = () => {};

/**
 * Have this store know the machines of an exported file. Their engines take this store's certificates when they are
 * provisioned next. Done twice it is done once. Throws `import.*`, `machine.exists`, `machine.name`.
 */
export async function importMachines(
  workspace: Workspace,
  data: Uint8Array,
  options: RunControl & { readonly passphrase: string },
): Promise<Imported> {
  const bundle = await open(data, options.passphrase);
  const operation = new Operation(workspace, nothing, options.signal ?? new AbortController().signal);
  try {
    const scopes = bundle.scopes.map(({ record }) => checked(record));
    const machines = scopes.filter((scope) => !isFleetScope(scope));
    for (const [driver, image] of Object.entries(bundle.images ?? {})) await refuseUnknown(workspace, driver, image);
    await refuseLocal(operation, bundle);
    await operation.lock(machines);
    const fleets = await shared(workspace, operation, bundle);
    const fresh: string[] = [];
    for (const part of bundle.scopes.filter(({ record }) => !isFleetScope(record.scope))) {
      const here = placed(workspace, bundle, part, fleets);
      if (await placeMachine(workspace, here)) fresh.push(here.record.scope);
      await operation.load(here.record.scope);
    }
    await projectAll(workspace, operation, fresh);
    return { machines, fresh, fleets: Object.fromEntries(fleets) };
  } finally {
    await operation.close();
  }
}

/** A file of somebody's starts no program here that nobody chose. Throws `import.image`. */
async function refuseUnknown(workspace: Workspace, driver: string, image: unknown): Promise<void> {
  if ((await workspace.drivers.images.saved(driver)) !== undefined) return;
  const name = String(image).slice(0, 400);
  throw new MachinistError("import.image", `The file's machines need driver ${driver}, which was the image ${name}`, {
    hint: `If you trust that image, add it first: machinist driver add docker://${name}`,
  });
}

/**
 * Drivers of machines that are on one computer believe paths in their records: from a file of somebody's they would remove what
 * it names. Throws `driver.unknown` for one that is not here, `import.local`.
 */
async function refuseLocal(operation: Operation, { scopes }: Bundle): Promise<void> {
  const drivers = await operation.drivers(scopes.map(({ record }) => record));
  const local = drivers.find((driver) => driver.local);
  if (local)
    throw new MachinistError(
      "import.local",
      `The file has machines of driver ${local.name}, which are on one computer`,
      {
        hint: "It was not made by machinist export: do not trust it",
      },
    );
}

/** Fleets first: whoever finds a machine finds what it stands on. What each is called here, by its name there. */
async function shared(workspace: Workspace, operation: Operation, bundle: Bundle): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const part of bundle.scopes.filter(({ record }) => isFleetScope(record.scope))) {
    const { fleet } = part.record;
    names.set(fleet, await fleetNameHere(workspace, part.record));
    const here = placed(workspace, bundle, part, names);
    await operation.lock([here.record.scope]);
    await placeShared(workspace, here.record, here.files);
    await operation.unlock(here.record.scope);
  }
  return names;
}

function placed(
  workspace: Workspace,
  { storePath }: Bundle,
  { record, files }: BundledScope,
  fleets: ReadonlyMap<string, string>,
): BundledScope {
  const to = { storePath: workspace.store.path, fleet: fleets.get(record.fleet) ?? record.fleet };
  return { record: placedRecord(record, { storePath, fleet: record.fleet }, to), files };
}

/** Names become folders, and parts of names. The record's scope. Throws `import.file`. */
function checked(record: BundledScope["record"] | undefined): string {
  const { scope, fleet, uid } = record ?? ({} as Partial<BundledScope["record"]>);
  const isName = (name: unknown) => typeof name === "string" && /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/.test(name);
  const isShared = typeof scope === "string" && isFleetScope(scope);
  const whole = isName(fleet) && (isShared ? scope === fleetScope(String(fleet)) : isName(scope));
  if (whole && typeof uid === "string" && /^[a-z0-9]{6,63}$/.test(uid)) return String(scope);
  throw new MachinistError("import.file", `The file names ${JSON.stringify(scope)}, which is no machine of a fleet`, {
    hint: "It was not made by machinist export: do not trust it",
  });
}
