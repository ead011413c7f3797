import { sep } from "node:path";
import {
  type AnyResourceType,
  type Data,
  type Driver,
  type DriverModule,
  type Json,
  type MachineIntent,
  MachinistError,
  type Resource,
  type ResourceTypes,
  type SavedResource,
  type ScopeRecord,
  same,
} from "@machinist/core";
import { resolveOptions } from "@machinist/options";
import { plannedMachine } from "../desired-state.ts";
import { plannedBy } from "../planned.ts";
import { otherService } from "../service-options.ts";
import type { Workspace } from "../workspace.ts";
import { type BundledScope, notOurs } from "./inspect.ts";

/** A driver that machines of a file have, and whether the user takes the file's word for what it keeps of them. */
export interface Admitting {
  readonly module: DriverModule;
  readonly driver: Driver;
  readonly trusted: boolean;
}

/**
 * The records of an exported file, without all of it that is not taken from somebody's file: what is known of objects at
 * providers (they are asked), which service is asked (this computer's settings say so), files and variables of this computer.
 * The records are as they will be in this store. Throws `import.*`, `options.*`.
 */
export async function admitted(
  workspace: Workspace,
  parts: readonly BundledScope[],
  { drivers, kinds }: { readonly drivers: readonly Admitting[]; readonly kinds: ResourceTypes },
): Promise<BundledScope[]> {
  const machines = parts.flatMap(({ record }) => (record.machine ? [record.scope] : []));
  const planned: Resource[] = [];
  const intents = new Map<string, MachineIntent>();
  for (const part of parts) {
    const { record } = part;
    if (!record.machine) continue;
    const { module, driver, trusted } = drivers.find((each) => each.driver.name === record.machine?.driver)!;
    const folder = `${workspace.store.folder(record.scope)}${sep}`;
    const options = optionsOf(module, record, { folder, env: workspace.env, trusted });
    const intent = { ...record.machine, options };
    intents.set(record.scope, intent);
    planned.push(...(await planOf(part, intent, driver)));
  }
  return parts.map(({ record, files }) => {
    const folder = `${workspace.store.folder(record.scope)}${sep}`;
    const resources = Object.values(record.resources)
      // A context is docker's on one computer.
      .filter(({ kind }) => kind !== "docker.context")
      .map((saved) => {
        const kind = kinds[saved.kind];
        if (!kind) throw notOurs(`${saved.id} is of kind ${saved.kind}, which no driver of its machines has`);
        const trusted = drivers.some(
          ({ driver, trusted: yes }) => yes && Object.hasOwn(driver.resourceTypes, saved.kind),
        );
        refuseOtherMachines(saved, kind, machines);
        if (trusted) return saved;
        const props = withoutLocal(saved, kind, folder);
        if (kind.retainOnDelete) return external({ ...saved, props }, planned);
        if (isOfDriver(saved, drivers)) refuseOtherService({ ...saved, props }, kind, planned);
        const { state: _unseen, out: _out, ...rest } = saved;
        return { ...rest, props };
      });
    const machine = intents.get(record.scope);
    return {
      record: {
        ...record,
        ...(machine ? { machine } : {}),
        resources: Object.fromEntries(resources.map((each) => [each.id, each])),
      },
      files,
    };
  });
}

const isOfDriver = ({ kind }: SavedResource, drivers: readonly Admitting[]): boolean =>
  drivers.some(({ driver }) => Object.hasOwn(driver.resourceTypes, kind));

/** Its options, checked; without files of this computer; of services only those that are asked here anyhow. */
function optionsOf(
  module: DriverModule,
  { scope, machine }: ScopeRecord,
  here: { readonly folder: string; readonly env: Workspace["env"]; readonly trusted: boolean },
): Data {
  const { properties } = module.options;
  const given = Object.entries(machine?.options ?? {}).filter(
    ([name, value]) => properties[name]?.format !== "path" || isInside(value, here.folder),
  );
  const options = resolveOptions(module, Object.fromEntries(given), {});
  const other = here.trusted ? undefined : otherService(module, options, here.env);
  if (!other) return options;
  const { option, theirs, ours, variable } = other;
  throw new MachinistError(
    "import.service",
    `The file sets ${option} of ${scope} to ${theirs}, but this computer uses ${ours}: your ${module.name} credentials would be sent there`,
    {
      hint: variable
        ? `If you trust that service, set ${variable} to it, and import again`
        : `If you trust whoever made the file: --trust ${module.name}`,
    },
  );
}

async function planOf({ record, files }: BundledScope, intent: MachineIntent, driver: Driver): Promise<Resource[]> {
  const { scope: name, fleet } = record;
  const key = files.find(({ path }) => path === "id_ed25519.pub")?.data ?? "";
  const publicKey = Buffer.from(key, "base64").toString("utf8").trim();
  const spec = { name, group: name, driver: driver.name, options: intent.options, engine: intent.engine };
  return plannedBy(driver, plannedMachine({ spec, driver, intent }, fleet, { publicKey }), intent.options);
}

/** What its driver makes of the checked options, for all that says which service is asked. */
function refuseOtherService(saved: SavedResource, kind: AnyResourceType, planned: readonly Resource[]): void {
  const { endpointProps } = kind;
  if (endpointProps === undefined)
    throw new MachinistError(
      "import.unchecked",
      `The file's data on ${saved.id} cannot be verified: its driver does not declare which service it uses`,
      { hint: `If you trust whoever made the file: --trust ${saved.kind.slice(0, saved.kind.indexOf("."))}` },
    );
  const alike = planned.some(
    (each) => each.kind === saved.kind && endpointProps.every((name) => same(each.props[name], saved.props[name])),
  );
  if (!alike && endpointProps.length > 0)
    throw notOurs(`${saved.id} asks another service than its machine's options say`);
}

/** A user's own host or engine: nobody can be asked, so it is what the checked options come to. */
function external(saved: SavedResource, planned: readonly Resource[]): SavedResource {
  const found = planned.find(({ id, kind }) => id === saved.id && kind === saved.kind);
  if (!found) throw notOurs(`${saved.id} is not what its machine's options say`);
  return { ...saved, props: found.props, state: found.props };
}

/** What works on machines works on those of the file. */
function refuseOtherMachines({ id, props }: SavedResource, kind: AnyResourceType, machines: readonly string[]): void {
  const named = (kind.machineProps ?? []).flatMap((name) => [props[name]].flat());
  const other = named.find((name) => typeof name !== "string" || !machines.includes(name));
  if (other !== undefined) throw notOurs(`${id} works on ${JSON.stringify(other)}, which is not in it`);
}

function withoutLocal({ props }: SavedResource, kind: AnyResourceType, folder: string): Data {
  const local = new Set(kind.localProps ?? []);
  const entries = Object.entries(props).flatMap(([name, value]): [string, Json][] => {
    if (value === undefined || !local.has(name) || isInside(value, folder)) return [[name, value as Json]];
    return Array.isArray(value) ? [[name, []]] : [];
  });
  return Object.fromEntries(entries);
}

const isInside = (path: unknown, folder: string): boolean =>
  path === "" || (typeof path === "string" && path.startsWith(folder) && !path.includes(".."));
