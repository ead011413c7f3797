import type { Call, Clock, Host, Hosts, ResourceType } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { type Bundle, bundleProject } from "./bundle.ts";
import { ComparedReadings } from "./compared-readings.ts";
import { composeCommand } from "./compose-command.ts";
import { ContentCache } from "./content-cache.ts";
import type { Environment } from "./environment.ts";
import { hiding } from "./hidden.ts";
import { local, OVERWRITE, type ProjectProps, refuseImported } from "./plan.ts";
import { uploadNotes } from "./plan-notes.ts";
import type { Reading } from "./reading.ts";
import { loginsTo } from "./registry-logins.ts";
import { asRoot, demand, uploadBundle, whileLogging } from "./remote.ts";
import {
  DOWN_PROJECT,
  READ_PROJECT,
  REMOVE_FOLDER,
  remoteFolder,
  remoteProject,
  STALE_MOUNTS,
  WRITE_MARKER,
} from "./remote-scripts.ts";
import {
  faultOf,
  type ProjectState,
  type ServiceState,
  type Services,
  type ServiceWanted,
  serviceOf,
  servicesOf,
  waitingFor,
} from "./services.ts";
import { waitForServices } from "./wait-for-services.ts";

export interface ProjectOptions {
  readonly hosts: Hosts;
  /** Where the values of variables come from that a project was promised. Default: process.env. */
  readonly env?: Environment;
  readonly clock?: Clock;
  /** Where it is kept what local files were when they were read. Default: nowhere, and all are read each time. */
  readonly contentFolder?: string;
}

/** Kind `compose.project`: the real `docker compose` on the project's machine. */
export function projectKind({
  hosts,
  env = process.env,
  clock,
  contentFolder,
}: ProjectOptions): ResourceType<ProjectProps, ProjectState> {
  const connect = (call: Call<ProjectProps>) => hosts.connect(call.props.machine, { signal: call.signal });

  const cache = contentFolder === undefined ? undefined : new ContentCache(contentFolder);
  const readings = new ComparedReadings(env);

  const bundleOf = ({ props }: Call<ProjectProps>) =>
    bundleProject(props, { environment: env, place: remoteProject(props.name), hashes: cache?.project(props) });

  const up = async (call: Call<ProjectProps> & { readonly changed?: readonly string[] }): Promise<ProjectState> => {
    const { props } = call;
    refuseImported(props, "compose project");
    const bundle = await bundleOf(call);
    await cache?.save();
    const logins = props.registries ? await loginsTo(props.registries, env) : undefined;
    return withHost(connect(call), async (host) => {
      const before = await readProject(host, call);
      if (before.owner !== call.owner && (before.owner !== "" || before.services.length > 0)) throw foreign(props);
      const mark = await marking(host, call);
      await mark("", []);
      await uploadBundle(host, remoteFolder(props.name), bundle, call, overwrites(call));
      const wanted = await bringUp(host, bundle, call, { readings, ...(logins === undefined ? {} : { logins }) });
      const changed = changedSince(before, await readProject(host, call), wanted);
      const seen = await waitForServices({
        call,
        look: async () => ({ ...(await readProject(host, call)), wanted }),
        host,
        changed,
        hide: hiding(bundle.secrets),
        ...(clock ? { clock } : {}),
      });
      const lasting = wanted.map((each) => ({ ...each, restarts: serviceOf(seen, each.name)?.restarts ?? 0 }));
      await mark(bundle.digest, lasting);
      return { name: props.name, digest: bundle.digest, services: seen.services, wanted: lasting };
    });
  };
  return {
    read: (call) =>
      withHost(connect(call), async (host) => {
        const { owner, digest, services, wanted } = await readProject(host, call);
        return owner === call.owner ? { name: call.props.name, digest, services, wanted } : undefined;
      }),
    create: up,
    update: up,
    delete: (call) =>
      withHost(connect(call), async (host) => {
        const { owner } = await readProject(host, call);
        if (owner !== call.owner) return;
        const { name, machine } = call.props;
        const output = await host.script(DOWN_PROJECT, [name], whileLogging(call));
        demand(output, "compose.failed", `docker compose down of ${name} failed on ${machine}`, call);
        demand(
          await host.script(REMOVE_FOLDER, [remoteFolder(name)], asRoot(call)),
          "compose.failed",
          "Removing its files failed",
          call,
        );
      }),
    ready: (state, props) =>
      state.digest === "" ? "docker compose to finish" : (waitingFor(state, props.wait) ?? true),
    drift: (state, props) => [
      ...(state.digest === props.digest ? [] : ["digest"]),
      ...(faultsOf(state, props).length > 0 ? ["services"] : []),
    ],
    planNotes: async (call) => {
      if (call.props.files.length === 0) return [];
      const bundle = await bundleOf(call);
      return withHost(connect(call), (host) => uploadNotes(host, bundle, call, overwrites(call)));
    },
    previewUpdate: ({ state, props }) => ({ notes: faultsOf(state, props) }),
    requiresReplace: ["name", "machine"],
    machineProps: ["machine"],
    localProps: local,
    deletedWithParent: true,
    loss: ({ props }) => `compose project ${props.name} on ${props.machine}`,
    callTimeoutMs: 2 * 60 * 60_000,
    // Each look starts docker several times on the machine.
    pollIntervalMs: 1_000,
    readyTimeoutMs: 3 * 60_000,
  };
}

/** The manifest says so, or the user does for this once. */
const overwrites = ({ props, changed = [] }: { readonly props: ProjectProps; readonly changed?: readonly string[] }) =>
  props.overwriteData === true || changed.includes(OVERWRITE);

const faultsOf = (state: ProjectState, { wait }: ProjectProps): string[] =>
  state.wanted.flatMap((wanted) => faultOf(state, wanted, wait) ?? []);

/** Compose brings up the project, and recreates what still has an earlier file. */
async function bringUp(
  host: Host,
  bundle: Bundle,
  call: Call<ProjectProps>,
  { readings, logins }: { readonly readings: ComparedReadings; readonly logins?: string },
): Promise<ServiceWanted[]> {
  const compose = composeCommand(host, bundle, call, logins);
  const here = readings.here(call.props, bundle);
  const reading = await compose.read();
  for (const warning of reading.warnings) call.log(`docker compose: ${warning}`, "warn");
  const differences = await readings.differences(call.props, here, reading);
  if (differences !== undefined) call.log(differences, "warn");
  await compose.up();
  const { name } = call.props;
  const stale = await host.script(STALE_MOUNTS, [name, remoteProject(name)], asRoot(call));
  const services = ofProject(reading, stale.stdout.split("\n"));
  if (services.length > 0) {
    call.log(`Recreating ${services.join(", ")}: a mounted file, secret or config has changed`, "info");
    await compose.up(services);
  }
  return reading.services.map((service) => ({ ...service, restarts: 0 }));
}

/** Labels are the host's word: only what the project has is passed on. */
const ofProject = ({ services }: Reading, names: readonly string[]): string[] =>
  names.filter((name) => services.some((service) => service.name === name));

/** Services that have other containers than before; all, where what was begun before did not end. */
function changedSince(before: Look, after: Look, wanted: readonly ServiceWanted[]): Set<string> {
  const names = wanted.map(({ name }) => name);
  if (before.digest === "") return new Set(names);
  const idsOf = ({ ids }: Look, name: string) => JSON.stringify(ids.get(name) ?? []);
  const crashed = (name: string) => before.wanted.some((each) => each.name === name && faultOf(before, each));
  return new Set(names.filter((name) => crashed(name) || idsOf(before, name) !== idsOf(after, name)));
}

async function marking(host: Host, call: Call<ProjectProps>) {
  const folder = remoteFolder(call.props.name);
  return async (digest: string, wanted: readonly ServiceWanted[]): Promise<void> => {
    const args = [folder, call.owner, digest, wanted.length === 0 ? "" : JSON.stringify(wanted)];
    const output = await host.script(WRITE_MARKER, args, asRoot(call));
    demand(output, "compose.failed", `Marking ${folder} on ${host.name} failed`, call);
  };
}

export async function withHost<T>(connecting: Promise<Host>, work: (host: Host) => Promise<T>): Promise<T> {
  const host = await connecting;
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

interface Look extends Services {
  readonly owner: string;
  readonly digest: string;
  readonly services: ServiceState[];
  readonly wanted: ServiceWanted[];
  /** The containers of each service, sorted. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

async function readProject(host: Host, call: Call<ProjectProps>): Promise<Look> {
  const { name, machine } = call.props;
  const output = await host.script(READ_PROJECT, [remoteFolder(name), name], asRoot(call));
  demand(output, "compose.unreadable", `The project ${name} cannot be looked at on ${machine}`, call);
  const [owner = "", digest = "", wanted = "", ...seen] = output.stdout.split("\n");
  return { owner, digest, services: servicesOf(seen), wanted: wantedIn(wanted), ids: containerIds(seen.slice(1)) };
}

/** What an earlier run noted; of a marker that says nothing of it, or not in words that we know, nothing. */
function wantedIn(text: string): ServiceWanted[] {
  try {
    const noted = JSON.parse(text) as ServiceWanted[];
    return noted.map(({ name, replicas, restarts }) => ({
      name: String(name),
      replicas: Number(replicas),
      restarts: Number(restarts),
    }));
  } catch {
    return [];
  }
}

function containerIds(lines: readonly string[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const line of lines) {
    const [name = "", ...fields] = line.split("\t");
    if (name !== "") ids.set(name, [...(ids.get(name) ?? []), fields.at(-1) ?? ""].sort());
  }
  return ids;
}

const foreign = ({ name, machine }: ProjectProps): MachinistError =>
  new MachinistError(
    "compose.foreign",
    `There is a compose project ${name} on ${machine} that was not made from here`,
    {
      hint: `Use another name, or end it: machinist ssh ${machine} docker compose -p ${name} down`,
    },
  );
