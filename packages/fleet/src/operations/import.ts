import { type Emit, isFleetScope, MachinistError } from "@machinist/core";
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
    const scopes = bundle.scopes.map(({ record }) => checked(record?.scope));
    const machines = scopes.filter((scope) => !isFleetScope(scope));
    await operation.lock(machines);
    for (const [driver, image] of Object.entries(bundle.images ?? {})) {
      workspace.drivers.images.use(driver, String(image));
      await workspace.drivers.images.keep(driver);
    }
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

/** Names become folders. Throws `import.file`. */
function checked(scope: unknown): string {
  const name = typeof scope === "string" ? scope.replace(/^@/, "") : "";
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/.test(name)) return String(scope);
  throw new MachinistError("import.file", `The file names ${JSON.stringify(scope)}, which no machine is called`, {
    hint: "It was not made by machinist export: do not trust it",
  });
}
