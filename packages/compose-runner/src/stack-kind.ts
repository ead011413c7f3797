import type { Call, Host, Hosts, Kind } from "@machinist/core";
import { asMachinistError, MachinistError } from "@machinist/core";
import type { Bundle } from "./bundle.ts";
import { bundleStack } from "./bundle.ts";
import { local, refuseImported, type StackProps } from "./plan.ts";
import { withHost } from "./project-kind.ts";
import { asRoot, demand, uploadBundle, whileLogging } from "./remote.ts";
import {
  DOCKER_WITH_ENV,
  MARK_STACK,
  READ_STACK,
  REMOVE_FOLDER,
  REMOVE_STACK,
  remoteFolder,
  WRITE_MARKER,
} from "./remote-scripts.ts";

/** `running` of `wanted` tasks; a job counts what it has completed. */
export type StackService = { name: string; running: number; wanted: number };
export type StackState = { name: string; digest: string; services: StackService[] };

export interface StackOptions {
  readonly hosts: Hosts;
  /** Machines of a fleet that may be managers of its Swarm, best first. */
  readonly manager: (fleet: string) => Promise<readonly string[]>;
}

interface Look {
  readonly owner: string;
  readonly digest: string;
  readonly services: StackService[];
}

/** How long one manager may take to be connected before the next is asked, in ms. */
const CONNECT_MS = 10_000;

/** Kind `swarm.stack`: the real `docker stack deploy` on a manager. Its mark is a Swarm config, which every manager knows. */
export function stackKind(options: StackOptions): Kind<StackProps, StackState> {
  const deploy = async (call: Call<StackProps>): Promise<StackState> => {
    refuseImported(call.props, "stack");
    const bundle = await bundleStack(call.props);
    return onManager(options, call, async (host, there) => {
      if (there.owner !== call.owner && (there.owner !== "" || there.services.length > 0))
        throw foreign(call.props.name);
      await mark(host, call, "");
      await deployOn(host, call, bundle);
      await mark(host, call, bundle.digest);
      const { services } = await look(host, call);
      return { name: call.props.name, digest: bundle.digest, services };
    });
  };
  return {
    read: (call) =>
      onManager(options, call, async (_host, { owner, digest, services }) =>
        owner === call.owner ? { name: call.props.name, digest, services } : undefined,
      ),
    create: deploy,
    update: deploy,
    delete: (call) =>
      onManager(options, call, async (host, { owner }) => {
        if (owner !== call.owner) return;
        const { name } = call.props;
        const output = await host.script(REMOVE_STACK, [name], asRoot(call, 150_000));
        demand(output, "stack.failed", `Removing the stack ${name} failed`, call);
        await host.script(REMOVE_FOLDER, [stackFolder(name)], asRoot(call));
      }),
    ready: (state, props) =>
      state.digest === "" ? "docker stack deploy to finish" : (waitingFor(state, props) ?? true),
    local,
    drift: (state, props) => [
      ...(state.digest === props.digest ? [] : ["digest"]),
      ...(props.services.some((name) => serviceOf(state, name) === undefined) ? ["services"] : []),
    ],
    immutable: ["name"],
    contained: true,
    loss: ({ props }) => `stack ${props.name}`,
    pollMs: 500,
    readyMs: 5 * 60_000,
  };
}

const stackFolder = (name: string): string => `${remoteFolder(name)}.stack`;

async function deployOn(host: Host, call: Call<StackProps>, bundle: Bundle): Promise<void> {
  const { name } = call.props;
  const folder = stackFolder(name);
  const made = await host.script(WRITE_MARKER, [folder, call.owner, ""], asRoot(call));
  demand(made, "stack.failed", `Making ${folder} on ${host.name} failed`, call);
  await uploadBundle(host, folder, bundle, call);
  // docker stack knows no env files: its variables are its environment's.
  await host.write(`${folder}/environment`, environmentOf(bundle), { mode: 0o600, sudo: true, signal: call.signal });
  const project = `${folder}/project`;
  const files = bundle.composeFiles.flatMap((file) => ["-c", `${project}/${file}`]);
  // Images that only the nodes have are as good as a registry's.
  const args = ["stack", "deploy", "--prune", "--resolve-image", "changed", ...files, name];
  const output = await host.script(
    DOCKER_WITH_ENV,
    [`${project}/${bundle.folder}`, `${folder}/environment`, ...args],
    whileLogging(call),
  );
  demand(output, "stack.failed", `docker stack deploy of ${name} failed on ${host.name}`, call);
}

function environmentOf({ variables }: Bundle): string {
  return Object.entries(variables)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => {
      if (!value.includes("\n")) return `${name}=${value}\n`;
      throw new MachinistError(
        "stack.env",
        `The variable ${name} has more than one line, which a stack cannot be given`,
      );
    })
    .join("");
}

async function mark(host: Host, call: Call<StackProps>, digest: string): Promise<void> {
  const { name } = call.props;
  // A config's name has at most 64 characters, and a stack's may be as long.
  const config = `machinist-${name.slice(0, 30)}-${digest === "" ? "pending" : digest.slice(0, 12)}-${call.owner.slice(-8)}`;
  const output = await host.script(MARK_STACK, [name, call.owner, digest, config], asRoot(call));
  demand(output, "stack.failed", `Marking the stack ${name} on ${host.name} failed`, call);
}

/** Work on the first machine that is a manager and answers. */
async function onManager<T>(
  { hosts, manager }: StackOptions,
  call: Call<StackProps>,
  work: (host: Host, there: Look) => Promise<T>,
): Promise<T> {
  let failure: MachinistError | undefined;
  for (const machine of await manager(call.fleet)) {
    let host: Host;
    try {
      host = await hosts.connect(machine, { signal: call.signal, waitMs: CONNECT_MS });
    } catch (error) {
      failure = asMachinistError(error);
      if (call.signal.aborted) throw failure;
      continue;
    }
    const done = await withHost(Promise.resolve(host), async () => {
      const there = await look(host, call).catch((error: unknown) => {
        failure = asMachinistError(error);
        return undefined;
      });
      return there === undefined ? undefined : { result: await work(host, there) };
    });
    if (done !== undefined) return done.result;
  }
  throw new MachinistError("stack.no-manager", `No manager of the Swarm of ${call.fleet} answers`, {
    retryable: true,
    hint: "Look at the managers: machinist ls; start those that are stopped: machinist start NAME",
    ...(failure === undefined ? {} : { cause: failure }),
  });
}

async function look(host: Host, call: Call<StackProps>): Promise<Look> {
  const output = await host.script(READ_STACK, [call.props.name], asRoot(call));
  const [isManager, ...lines] = output.stdout.split("\n");
  if (output.code !== 0 || isManager !== "true")
    throw new MachinistError("stack.no-manager", `${host.name} is no manager of a Swarm`, { retryable: true });
  const marks = lines.filter((line) => line.startsWith("C\t")).map((line) => line.split("\t"));
  // Two marks: a change was cut short between them, so neither digest is to be trusted.
  const [, , owner = "", digest = ""] = marks[0] ?? [];
  const prefix = `${call.props.name}_`;
  return {
    owner,
    digest: marks.length > 1 ? "" : digest,
    services: lines.flatMap((line) => parseService(line, prefix) ?? []),
  };
}

/** `S⇥web_api⇥1/3`, for jobs `S⇥web_job⇥0/1 (1/1 completed)`. */
export function parseService(line: string, prefix: string): StackService | undefined {
  const [type, name = "", replicas = ""] = line.split("\t");
  const match = /^(\d+)\/(\d+)(?: \((\d+)\/(\d+) completed\))?/.exec(replicas);
  if (type !== "S" || match === null) return undefined;
  const [running, wanted, completed] = [match[1], match[2], match[3]].map(Number);
  return {
    name: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    running: Math.max(running ?? 0, match[3] === undefined ? 0 : (completed ?? 0)),
    wanted: wanted ?? 0,
  };
}

const serviceOf = (state: StackState, name: string): StackService | undefined =>
  state.services.find((service) => service.name === name);

function waitingFor(state: StackState, props: StackProps): string | undefined {
  const missing = props.services.find((name) => serviceOf(state, name) === undefined);
  if (missing !== undefined) return `${missing} to be made`;
  const short = state.services.filter(({ running, wanted }) => running < wanted);
  return short.length === 0
    ? undefined
    : short.map(({ name, running, wanted }) => `${name} ${running}/${wanted}`).join(", ");
}

const foreign = (name: string): MachinistError =>
  new MachinistError("stack.foreign", `There is a stack ${name} on the Swarm that was not made from here`, {
    hint: `Use another name, or remove it: docker stack rm ${name}`,
  });
