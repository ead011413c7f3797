import type { Call, Host, Hosts, Kind } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { bundleProject } from "./bundle.ts";
import type { ProjectProps } from "./plan.ts";
import { asRoot, demand, remoteFolder, uploadBundle, whileLogging } from "./remote.ts";
import { DOWN_PROJECT, READ_PROJECT, REMOVE_FOLDER, RUN_ALONE, WRITE_MARKER } from "./remote-scripts.ts";

/** One service of a project: the worst of its containers. `exit` is the code of one that has ended. */
export type ServiceState = { name: string; state: string; health: string; exit: number };
export type ProjectState = { name: string; digest: string; services: ServiceState[] };

/** Kind `compose.project`: the real `docker compose` on the project's machine. */
export function projectKind(hosts: Hosts): Kind<ProjectProps, ProjectState> {
  const connect = (call: Call<ProjectProps>) => hosts.connect(call.props.machine, { signal: call.signal });

  const up = async (call: Call<ProjectProps>): Promise<ProjectState> => {
    const { props } = call;
    const bundle = await bundleProject(props);
    return withHost(connect(call), async (host) => {
      const there = await look(host, call);
      if (there.owner !== call.owner && (there.owner !== "" || there.services.length > 0)) throw foreign(props);
      const folder = remoteFolder(props.name);
      const mark = (digest: string) => host.script(WRITE_MARKER, [folder, call.owner, digest], asRoot(call));
      demand(await mark(""), "compose.failed", `Making ${folder} on ${host.name} failed`, call);
      await uploadBundle(host, folder, bundle, call);
      const project = `${folder}/project`;
      const argv = [
        ...["docker", "compose", "-p", props.name, "--project-directory", `${project}/${bundle.folder}`],
        ...bundle.composeFiles.flatMap((file) => ["-f", `${project}/${file}`]),
        ...bundle.envFiles.flatMap((file) => ["--env-file", `${project}/${file}`]),
        ...props.profiles.flatMap((profile) => ["--profile", profile]),
        // Not --wait: it takes a job that has ended, as it should, for a failure.
        ...["up", "-d", "--build", "--remove-orphans"],
      ];
      const output = await host.script(RUN_ALONE, argv, whileLogging(call));
      demand(output, "compose.failed", `docker compose up of ${props.name} failed on ${props.machine}`, call);
      demand(await mark(bundle.digest), "compose.failed", `Marking ${folder} on ${host.name} failed`, call);
      const { services } = await look(host, call);
      return { name: props.name, digest: bundle.digest, services };
    });
  };
  return {
    read: (call) =>
      withHost(connect(call), async (host) => {
        const { owner, digest, services } = await look(host, call);
        return owner === call.owner ? { name: call.props.name, digest, services } : undefined;
      }),
    create: up,
    update: up,
    delete: (call) =>
      withHost(connect(call), async (host) => {
        const { owner } = await look(host, call);
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
    ready: (state, props) => (state.digest === "" ? "docker compose to finish" : (waitingFor(state, props) ?? true)),
    drift: (state, props) => [
      ...(state.digest === props.digest ? [] : ["digest"]),
      ...(props.services.some((name) => !isFine(serviceOf(state, name))) ? ["services"] : []),
    ],
    immutable: ["name", "machine"],
    contained: true,
    pollMs: 500,
    readyMs: 3 * 60_000,
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

interface Look {
  readonly owner: string;
  readonly digest: string;
  readonly services: ServiceState[];
}

async function look(host: Host, call: Call<ProjectProps>): Promise<Look> {
  const { name, machine } = call.props;
  const output = await host.script(READ_PROJECT, [remoteFolder(name), name], asRoot(call));
  demand(output, "compose.unreadable", `The project ${name} cannot be looked at on ${machine}`, call);
  const [owner = "", digest = "", ...containers] = output.stdout.split("\n");
  return { owner, digest, services: servicesOf(containers) };
}

/** How bad each state is; of several containers of one service the worst is told. */
const ORDER = ["running", "exited", "created", "paused", "restarting", "removing", "dead"];

export function servicesOf(lines: readonly string[]): ServiceState[] {
  const worst = new Map<string, ServiceState>();
  for (const line of lines) {
    const [name = "", oneoff, state = "", status = ""] = line.split("\t");
    if (name === "" || oneoff === "True") continue;
    const health = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1] ?? "";
    const seen: ServiceState = { name, state, health, exit: Number(/\((\d+)\)/.exec(status)?.[1] ?? 0) };
    const before = worst.get(name);
    if (before === undefined || badness(seen) > badness(before)) worst.set(name, seen);
  }
  return [...worst.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const badness = ({ state, health, exit }: ServiceState): number =>
  ORDER.indexOf(state) * 4 + (exit === 0 ? 0 : 2) + (health === "" || health === "healthy" ? 0 : 1);

const serviceOf = (state: ProjectState, name: string): ServiceState | undefined =>
  state.services.find((service) => service.name === name);

/** Running, on its way, or a job that has ended well. */
const isFine = (service: ServiceState | undefined): boolean =>
  service !== undefined &&
  (service.state === "running" || service.state === "restarting" || (service.state === "exited" && service.exit === 0));

function waitingFor(state: ProjectState, props: ProjectProps): string | undefined {
  for (const name of props.services) {
    const service = serviceOf(state, name);
    if (service === undefined) return `${name} to start`;
    if (service.state === "exited" && service.exit === 0) continue;
    if (service.state === "exited") return `${name}, which exited with ${service.exit}`;
    if (service.state !== "running") return `${name}, which is ${service.state}`;
    if (service.health !== "" && service.health !== "healthy") return `${name}, which is ${service.health}`;
  }
  return undefined;
}

const foreign = ({ name, machine }: ProjectProps): MachinistError =>
  new MachinistError(
    "compose.foreign",
    `There is a compose project ${name} on ${machine} that was not made from here`,
    {
      hint: `Use another name, or end it: machinist ssh ${machine} docker compose -p ${name} down`,
    },
  );
