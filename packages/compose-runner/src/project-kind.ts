import type { Call, Clock, Host, Hosts, Kind } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { bundleProject } from "./bundle.ts";
import { type Environment, encoded } from "./environment.ts";
import { local, type ProjectProps, refuseImported } from "./plan.ts";
import { reach } from "./reach.ts";
import { asRoot, demand, remoteFolder, uploadBundle, whileLogging } from "./remote.ts";
import {
  DOWN_PROJECT,
  READ_PROJECT,
  REMOVE_FOLDER,
  RUN_ALONE,
  RUN_WITH_ENV,
  STALE_MOUNTS,
  WRITE_MARKER,
} from "./remote-scripts.ts";
import { isFine, type ProjectState, type ServiceState, serviceOf, servicesOf, waitingFor } from "./services.ts";
import type { Variables } from "./variables.ts";

export interface ProjectOptions {
  readonly hosts: Hosts;
  /** Where the values of variables come from that a project was promised. Default: process.env. */
  readonly env?: Environment;
  readonly clock?: Clock;
}

/** Kind `compose.project`: the real `docker compose` on the project's machine. */
export function projectKind({ hosts, env = process.env, clock }: ProjectOptions): Kind<ProjectProps, ProjectState> {
  const connect = (call: Call<ProjectProps>) => hosts.connect(call.props.machine, { signal: call.signal });

  const up = async (call: Call<ProjectProps>): Promise<ProjectState> => {
    const { props } = call;
    refuseImported(props, "compose project");
    const bundle = await bundleProject(props, { environment: env });
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
      ];
      const compose = async (...words: string[]) => {
        const output = await start(host, [...argv, ...words], bundle.environment, call);
        demand(output, "compose.failed", `docker compose up of ${props.name} failed on ${props.machine}`, call);
      };
      // Not --wait: it takes a job that has ended, as it should, for a failure.
      await compose("up", "-d", "--build", "--remove-orphans");
      const stale = await host.script(STALE_MOUNTS, [props.name, project], asRoot(call));
      // Labels are the host's word: only what the project has is passed on.
      const services = stale.stdout.split("\n").filter((name) => props.services.includes(name));
      if (services.length > 0) {
        call.log(`Making ${services.join(", ")} anew: a file, secret or config that it mounts has changed`, "info");
        await compose("up", "-d", "--no-deps", "--force-recreate", ...services);
      }
      if (props.wait !== undefined || props.timeoutMs !== undefined)
        await reach({ call, look: () => look(host, call), host, ...(clock ? { clock } : {}) });
      demand(await mark(bundle.digest), "compose.failed", `Marking ${folder} on ${host.name} failed`, call);
      return { name: props.name, digest: bundle.digest, services: (await look(host, call)).services };
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
      ...(props.services.some((name) => !isFine(serviceOf(state, name), props.wait)) ? ["services"] : []),
    ],
    immutable: ["name", "machine"],
    machines: ["machine"],
    local,
    contained: true,
    loss: ({ props }) => `compose project ${props.name} on ${props.machine}`,
    callMs: 2 * 60 * 60_000,
    pollMs: 500,
    readyMs: 3 * 60_000,
  };
}

function start(host: Host, argv: readonly string[], environment: Variables, call: Call<ProjectProps>) {
  if (Object.keys(environment).length === 0) return host.script(RUN_ALONE, argv, whileLogging(call));
  return host.run(["sh", "-c", RUN_WITH_ENV, "sh", ...argv], { ...whileLogging(call), stdin: encoded(environment) });
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

const foreign = ({ name, machine }: ProjectProps): MachinistError =>
  new MachinistError(
    "compose.foreign",
    `There is a compose project ${name} on ${machine} that was not made from here`,
    {
      hint: `Use another name, or end it: machinist ssh ${machine} docker compose -p ${name} down`,
    },
  );
