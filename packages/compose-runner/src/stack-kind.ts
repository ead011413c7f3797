import type { Call, Clock, Host, Hosts, ResourceType } from "@machinist/core";
import { asMachinistError, MachinistError } from "@machinist/core";
import type { Environment } from "./environment.ts";
import { local, refuseImported, type StackProps } from "./plan.ts";
import { withHost } from "./project-kind.ts";
import { loginsTo } from "./registry-logins.ts";
import { asRoot, demand } from "./remote.ts";
import { bundleStack } from "./stack-bundle.ts";
import { demandObjects, demandValid, deployOn, hidingOf, removeFiles, removeUnused } from "./stack-deploy.ts";
import { type Deployed, lookOf, notedOf, type StackLook } from "./stack-read.ts";
import { MARK_STACK, READ_STACK, REMOVE_STACK } from "./stack-scripts.ts";
import { changedServices, driftOf, previewOf, type StackState, stateOf, waitingFor } from "./stack-state.ts";
import { isFailure, watchStack } from "./stack-watch.ts";

export interface StackOptions {
  readonly hosts: Hosts;
  /** Machines of a fleet that may be managers of its Swarm, best first. */
  readonly manager: (fleet: string) => Promise<readonly string[]>;
  /** Where the values of variables come from that a stack was promised. Default: process.env. */
  readonly env?: Environment;
  readonly clock?: Clock;
}

type StackCall = Call<StackProps>;

/** How long one manager may take to be connected before the next is asked, in ms. */
const CONNECT_MS = 10_000;

/** Kind `swarm.stack`: the real `docker stack deploy` on a manager. Its mark is a Swarm config, which every manager knows. */
export function stackKind(options: StackOptions): ResourceType<StackProps, StackState> {
  const { env = process.env, clock } = options;
  const deploy = async (call: StackCall): Promise<StackState> => {
    refuseImported(call.props, "stack");
    const bundle = await bundleStack(call.props, { environment: env });
    const logins = call.props.registries ? await loginsTo(call.props.registries, env) : undefined;
    return onManager(options, call, async (host, there) => {
      if (there.owner !== call.owner && (there.owner !== "" || there.services.length > 0))
        throw foreign(call.props.name);
      await demandObjects(host, call, bundle);
      await mark(host, call, { digest: "", services: there.deployed });
      await deployOn(host, call, bundle, logins);
      let seen = await readStack(host, call);
      const names = changedServices(seen, there, call.props);
      if (names.size > 0)
        seen = await watchStack({
          ...{
            call,
            host,
            names,
            failedBefore: failedOf(there),
            look: () => readStack(host, call),
            hide: hidingOf(bundle),
          },
          ...(call.props.steadyMs === undefined ? {} : { steadyMs: call.props.steadyMs }),
          ...(clock === undefined ? {} : { clock }),
        });
      await removeUnused(host, call, bundle);
      const { digest } = bundle;
      const deployed = new Map(seen.services.map((service) => [service.name, service]));
      await mark(host, call, { digest, services: deployed });
      return stateOf(call.props.name, { ...seen, digest, deployed, tasks: [] });
    });
  };
  /** What would be refused is told before anything is done, where there is a manager to ask. */
  const lookFirst = async (call: StackCall): Promise<void> => {
    if (call.props.files.length === 0) return;
    const bundle = await bundleStack(call.props, { environment: env });
    await onManager(options, call, async (host) => {
      await demandObjects(host, call, bundle);
      await demandValid(host, call, bundle);
    }).catch((thrown: unknown) => {
      if (asMachinistError(thrown).code !== "stack.no-manager") throw thrown;
    });
  };
  return {
    read: (call) =>
      onManager(options, call, async (_host, there) =>
        there.owner === call.owner ? stateOf(call.props.name, there) : undefined,
      ),
    create: deploy,
    update: deploy,
    check: (call) => lookFirst(call),
    checkCreate: (call) => lookFirst(call),
    delete: (call) =>
      onManager(options, call, async (host, { owner }) => {
        if (owner !== call.owner) return;
        const { name } = call.props;
        const output = await host.script(REMOVE_STACK, [name], asRoot(call, 150_000));
        demand(output, "stack.failed", `Removing the stack ${name} failed`, call);
        await removeFiles(host, call);
      }),
    ready: (state, props) =>
      state.digest === "" ? "docker stack deploy to finish" : (waitingFor(state, props) ?? true),
    localProps: local,
    drift: driftOf,
    previewUpdate: previewOf,
    requiresReplace: ["name"],
    deletedWithParent: true,
    loss: ({ props }) => `stack ${props.name}`,
    callTimeoutMs: 2 * 60 * 60_000,
    // Each look starts docker several times on the machine.
    pollIntervalMs: 1_500,
    readyTimeoutMs: 5 * 60_000,
  };
}

const failedOf = ({ tasks }: StackLook): Set<string> => new Set(tasks.filter(isFailure).map(({ id }) => id));

interface Mark {
  /** Empty: not finished. */
  readonly digest: string;
  /** As they were when it was deployed last. */
  readonly services: ReadonlyMap<string, Deployed>;
}

async function mark(host: Host, call: StackCall, { digest, services }: Mark): Promise<void> {
  const { name } = call.props;
  // A config's name has at most 64 characters, and a stack's may be as long.
  const config = `machinist-${name.slice(0, 30)}-${digest === "" ? "pending" : digest.slice(0, 12)}-${call.owner.slice(-8)}`;
  const argv = [name, call.owner, digest, config, notedOf(services)];
  const output = await host.script(MARK_STACK, argv, asRoot(call));
  demand(output, "stack.failed", `Marking the stack ${name} on ${host.name} failed`, call);
}

/** Work on the first machine that is a manager and answers. */
async function onManager<T>(
  { hosts, manager }: StackOptions,
  call: StackCall,
  work: (host: Host, there: StackLook) => Promise<T>,
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
      const there = await readStack(host, call).catch((error: unknown) => {
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

async function readStack(host: Host, call: StackCall): Promise<StackLook> {
  const output = await host.script(READ_STACK, [call.props.name], asRoot(call));
  const [isManager, ...lines] = output.stdout.split("\n");
  if (output.code !== 0 || isManager !== "true")
    throw new MachinistError("stack.no-manager", `${host.name} is no manager of a Swarm`, {
      retryable: true,
      hint: `See what Docker says there: machinist ssh ${host.name} sudo docker info`,
    });
  return lookOf(lines, call.props.name);
}

const foreign = (name: string): MachinistError =>
  new MachinistError("stack.foreign", `There is a stack ${name} on the Swarm that was not made from here`, {
    hint: `Use another name, or remove it: docker stack rm ${name}`,
  });
