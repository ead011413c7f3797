import {
  type Data,
  type Driver,
  type FleetSpec,
  type MachineIntent,
  type MachineSpec,
  MachinistError,
  type PlannedMachine,
  prerequisites,
  type Resource,
  scopeOf,
} from "@machinist/core";
import { resolveOptions } from "@machinist/options";
import { plainName } from "./drivers.ts";
import { plannedBy } from "./planned.ts";
import { inOrder } from "./project-order.ts";
import type { Workspace } from "./workspace.ts";

/** One machine with its driver found and its options validated. */
export interface Prepared {
  readonly spec: MachineSpec;
  readonly driver: Driver;
  readonly intent: Omit<MachineIntent, "createdAt">;
  /** Options that were given and do nothing any more. */
  readonly unused: readonly string[];
}

/** Find the driver and check the options of each machine. Throws `driver.unknown`, `options.*`, `machine.name`. */
export function prepare(workspace: Workspace, machines: readonly MachineSpec[]): Promise<Prepared[]> {
  return Promise.all(
    machines.map(async (asked) => {
      const module = await workspace.drivers.module(asked.driver);
      // Where an image was named, the driver in it has a name of its own, which stays when the image gets another tag.
      const spec = { ...asked, driver: module.name };
      const options = resolveOptions(module, spec.options, workspace.env, process.cwd());
      const driver = await workspace.drivers.driver(spec.driver);
      const engine = driver.engineUrl ? false : spec.engine;
      const unused = Object.keys(spec.options).filter((name) => module.options.properties[name]?.["x-unused"]);
      return {
        spec,
        driver,
        unused,
        intent: { driver: spec.driver, options, engine: engine && ({ ...engine } as Data) },
      };
    }),
  );
}

/** Docker's port over TLS, unless another is asked for. */
const standardPort = 2376;

/** What a driver is told of the SSH key of a machine. */
export type MachineKey = Pick<PlannedMachine, "publicKey" | "keyMark">;

/** What a driver is told of a machine. Its key is empty where nothing is made yet. */
export function plannedMachine(
  prepared: Pick<Prepared, "spec" | "driver" | "intent">,
  fleet: string,
  key: MachineKey = { publicKey: "" },
): PlannedMachine {
  const port = enginePort(prepared);
  const { hostOptions } = prepared.intent;
  return {
    ...{ name: prepared.spec.name, fleet, ...key },
    ...(port === undefined ? {} : { enginePort: port }),
    ...(hostOptions === undefined ? {} : { hostOptions }),
  };
}

/** The port of the engine that is set up on a machine, by us or by whoever said so; undefined where there is none. */
function enginePort({ spec, driver, intent }: Pick<Prepared, "spec" | "driver" | "intent">): number | undefined {
  if (driver.engineUrl) return undefined;
  if (intent.engine === false) return spec.enginePort;
  const { port = intent.options["engine-port"] ?? standardPort } = intent.engine;
  return typeof port === "number" ? port : standardPort;
}

/** A machine's own resources, and those it shares: what its driver plans, and Docker on it. */
export async function machineResources(prepared: Prepared, fleet: string, key?: MachineKey): Promise<Resource[]> {
  const { spec, driver, intent } = prepared;
  const planned = await plannedBy(driver, plannedMachine(prepared, fleet, key), intent.options);
  if (intent.engine === false || driver.engineUrl) return planned;
  const { engineProps } = await import("@machinist/provision");
  const asked = { ...intent.engine, port: enginePort(prepared) ?? standardPort };
  const props = engineProps(asked, { machine: spec.name, driver: plainName(spec.driver) });
  const own = planned.filter((resource) => scopeOf(resource.id) === spec.name).map((resource) => resource.id);
  return [...planned, { id: `${spec.name}/engine`, kind: "docker.engine", props, parents: own }];
}

/** The docker context of a machine: of the Docker we set up there, or of the one the user brought. */
export async function contextOf(machine: string, resources: readonly Resource[], fleet?: string): Promise<Resource> {
  const { planContext } = await import("@machinist/docker-client");
  const context = planContext({ machine, ...(fleet === undefined ? {} : { fleet }) });
  const own = resources.filter((resource) => scopeOf(resource.id) === machine).map((resource) => resource.id);
  return own.includes(`${machine}/engine`) ? context : { ...context, parents: own };
}

/** What compose projects and stacks come to; their files have been read. */
export interface Projects {
  readonly compose: readonly Resource[];
  readonly stacks: readonly Resource[];
  /** Keep what their files are now, so that those which do not change are not read again. */
  keep(): Promise<void>;
}

/** Read all compose and stack files. Throws `compose.*` and `stack.*` for what is wrong with them, before anything is made. */
export async function planProjects(workspace: Workspace, spec: FleetSpec): Promise<Projects> {
  if (spec.compose.length + spec.stacks.length === 0) return { compose: [], stacks: [], keep: async () => {} };
  const { ContentCache, planCompose, planStack } = await import("@machinist/compose-runner");
  const cache = new ContentCache(workspace.contentFolder);
  const [compose, stacks] = await Promise.all([
    Promise.all(spec.compose.map((each) => planCompose(each, workspace.env, cache))),
    Promise.all(spec.stacks.map((each) => planStack(each, spec, workspace.env))),
  ]);
  return { compose, stacks, keep: () => cache.save() };
}

/** Everything a fleet should consist of. `keys`: each machine's. */
export async function fleetResources(
  spec: FleetSpec,
  machines: readonly Prepared[],
  keys: ReadonlyMap<string, MachineKey>,
  projects: Projects,
): Promise<Resource[]> {
  const perMachine = await Promise.all(
    machines.map((each) => machineResources(each, spec.name, keys.get(each.spec.name))),
  );
  const all = uniqueShared(perMachine.flat());
  if (spec.machines.some((machine) => machine.swarm)) all.push(...(await import("@machinist/swarm")).planSwarm(spec));
  all.push(...inOrder(spec, projects.compose, all), ...projects.stacks);
  if (spec.contexts) all.push(...(await contexts(spec, machines, all)));
  return all;
}

/** Docker takes no context of one letter, and keeps `default` for itself. */
const canBeContext = (name: string): boolean => name.length > 1 && name !== "default";

async function contexts(spec: FleetSpec, machines: readonly Prepared[], all: readonly Resource[]): Promise<Resource[]> {
  const reachable = machines.filter(({ intent, driver }) => intent.engine !== false || driver.engineUrl);
  const named = reachable.filter((each) => canBeContext(each.spec.name));
  const made = await Promise.all(named.map((each) => contextOf(each.spec.name, all)));
  const manager = reachable.find((each) => each.spec.swarm?.role === "manager");
  const face = manager ?? (reachable.length === 1 ? reachable[0] : undefined);
  // A machine may be called as its fleet is; its own context then is the fleet's.
  if (face && canBeContext(spec.name) && !reachable.some((each) => each.spec.name === spec.name))
    made.push(await contextOf(face.spec.name, all, spec.name));
  return made;
}

/** Machines of a fleet plan the same shared resource each; it is one. Throws `driver.broken` where they disagree. */
export function uniqueShared(resources: readonly Resource[]): Resource[] {
  const byId = new Map<string, Resource>();
  for (const resource of resources) {
    const known = byId.get(resource.id);
    if (known && JSON.stringify(known) !== JSON.stringify(resource))
      throw new MachinistError("driver.shared", `Machines of the fleet disagree about ${resource.id}`, {
        hint: "Give the groups that share it the same options",
      });
    byId.set(resource.id, resource);
  }
  return [...byId.values()];
}

/** Ids in other scopes that a machine's resources need. */
export function usesOf(machine: string, resources: readonly Resource[]): string[] {
  const own = resources.filter((resource) => scopeOf(resource.id) === machine);
  const foreign = own.flatMap(prerequisites).filter((id) => scopeOf(id) !== machine);
  return [...new Set(foreign)].sort();
}
