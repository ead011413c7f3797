import type { Call, Engines, ResourceType } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { isBeginning, isInSwarm, isPassing, type SwarmInfo, swarmInfo } from "./api-types.ts";
import { applyLock, lockDrift, lockedMachines, lockState, unlockAll } from "./autolock.ts";
import type { ClusterState } from "./cluster-state.ts";
import { refuseLostMajority } from "./majority.ts";
import type { SwarmOptions } from "./options.ts";
import type { ClusterProps } from "./plan.ts";
import { patiently } from "./poll.ts";
import type { Answer, Manager } from "./survey.ts";
import { managerOf, managersIn, OWNER_LABEL, survey } from "./survey.ts";
import { keepKey } from "./unlock.ts";

const SWARM_PORT = 2377;
export const LISTEN = `0.0.0.0:${SWARM_PORT}`;

/** Kind `swarm.cluster`: a Swarm as a whole, begun on its first manager. */
export function clusterKind(options: SwarmOptions): ResourceType<ClusterProps, ClusterState> {
  const { engines, advertise } = options;
  const find = async (call: Call<ClusterProps>, state: ClusterState | undefined): Promise<ClusterState | undefined> => {
    const others = (state?.managers ?? []).filter((machine) => !call.props.managers.includes(machine));
    const [answers, past] = await Promise.all([
      survey(engines, call.props.managers, call.signal),
      survey(engines, others, call.signal),
    ]);
    const ours = ownClusters(managersIn([...answers, ...past]), state, call.owner);
    const locked = lockedMachines([...answers, ...past]);
    if (ours.length === 0 && state !== undefined && locked.length > 0) return { ...state, locked };
    if (ours.length === 0) return noneFound(answers, past, state);
    refuseSplit(ours, managersIn(answers));
    const cluster = ours[0]!.cluster;
    return {
      cluster,
      managers: ours.filter((manager) => manager.cluster === cluster).map((manager) => manager.machine),
      ...(state?.declared ? { declared: state.declared } : {}),
      ...(await lockState(options, call, ours[0]!, [...answers, ...past])),
    };
  };
  /** It is as wanted: who is meant to manage it is remembered, answering or not. */
  const made = async (call: Call<ClusterProps>, state: ClusterState | undefined): Promise<ClusterState | undefined> => {
    const found = await find(call, state);
    return found && { ...found, declared: [...call.props.managers] };
  };
  return {
    read: (call) => find(call, call.state),
    create: async (call) => {
      const there = await made(call, undefined);
      if (there !== undefined) return there;
      warnOfEvenManagers(call);
      const { first } = call.props;
      const address = call.props.advertise ?? (await advertise(first));
      const engine = await engines.connect(first, { signal: call.signal });
      await patiently(() => initialize(first, engine, address, call), {
        signal: call.signal,
        forMs: 20_000,
        passing: isPassing,
      });
      if (call.props.autolock) await keepKey(options, call.fleet, engine, call.signal);
      const begun = await made(call, undefined);
      if (begun !== undefined) return begun;
      throw new MachinistError("swarm.init", `The Swarm was begun on ${first} but does not answer yet`, {
        retryable: true,
      });
    },
    update: async (call) => {
      warnOfEvenManagers(call);
      await unlockAll(options, call);
      const { cluster, managers } = call.state;
      const machines = [...new Set([...managers, ...call.props.managers])];
      const manager = await patiently(() => managerOf(engines, cluster, machines, call.signal), {
        signal: call.signal,
        forMs: 30_000,
        passing: isPassing,
      });
      await applyLock(options, call, manager.engine);
      return (await made(call, call.state)) ?? call.state;
    },
    drift: lockDrift,
    check: (call) => refuseLostMajority(options, call),
    delete: async (call) => {
      const machines = [...new Set([...call.props.managers, ...call.state.managers])];
      const answers = await survey(engines, machines, call.signal);
      for (const { machine, error } of answers)
        if (error !== undefined) call.log(`${machine} could not be told that its Swarm ends: ${error.message}`, "warn");
      const left = managersIn(answers).filter((manager) => manager.cluster === call.state.cluster);
      await Promise.all(
        left.map((manager) =>
          manager.engine.request("POST", "/swarm/leave?force=true", { signal: call.signal, timeoutMs: 60_000 }),
        ),
      );
    },
    ready: (state) => (state.managers.length > 0 ? true : "a leader"),
    pollIntervalMs: 300,
    readyTimeoutMs: 60_000,
    // It consists of its managers: where their hosts are destroyed, there is nobody left to be told that it ends.
    machineProps: ["managers", "first"],
    deletedWithParent: true,
    loss: ({ fleet }) => `the Swarm of ${fleet}, with its services, secrets and configs`,
  };
}

const ownClusters = (managers: readonly Manager[], state: ClusterState | undefined, owner: string): Manager[] =>
  managers.filter((manager) => manager.cluster === state?.cluster || manager.owner === owner);

/** Nobody speaks for our cluster: say "absent" only where that is certain. */
function noneFound(answers: readonly Answer[], past: readonly Answer[], state: ClusterState | undefined): undefined {
  const inSome = answers.find(({ info }) => info !== undefined && isInSwarm(info));
  const speaking = managersIn(answers);
  if (state === undefined && inSome?.info?.ControlAvailable === false && speaking.length === 0)
    throw notOurs(inSome.machine, inSome.info);
  if (inSome !== undefined && speaking.length === 0)
    throw new MachinistError(
      "swarm.no-leader",
      `${inSome.machine} is in a Swarm that has no leader: most of its managers are away`,
      {
        retryable: true,
        hint: "Start the managers that are stopped: machinist start NAME",
      },
    );
  // A past manager that is no machine of ours any more cannot be asked, ever; a declared one must answer.
  const silent = [...answers, ...past.filter(({ error }) => error?.code.startsWith("machine.") !== true)].find(
    ({ error }) => error !== undefined,
  );
  if (silent?.error !== undefined) throw silent.error;
  const [foreign] = speaking;
  if (foreign !== undefined)
    throw state === undefined ? notOurs(foreign.machine, foreign.info) : splitSwarm([foreign.machine]);
  return undefined;
}

function refuseSplit(ours: readonly Manager[], declared: readonly Manager[]): void {
  const cluster = ours[0]!.cluster;
  const strangers = declared.filter((manager) => manager.cluster !== cluster);
  if (strangers.length > 0) throw splitSwarm(strangers.map((manager) => manager.machine));
}

const splitSwarm = (machines: readonly string[]): MachinistError =>
  new MachinistError(
    "swarm.split",
    `The managers are not all in one Swarm: ${machines.join(", ")} belongs to another`,
    {
      hint: `If that Swarm may go: machinist ssh ${machines[0]} docker swarm leave --force`,
    },
  );

/** A machine is in a Swarm that is not this fleet's; it is never made to leave. */
export const foreignSwarm = (machine: string): MachinistError =>
  new MachinistError("swarm.foreign", `${machine} is already in a Swarm that is not this fleet's`, {
    hint: `If it may leave it: machinist ssh ${machine} docker swarm leave --force`,
  });

const notOurs = (machine: string, info: SwarmInfo): MachinistError =>
  isBeginning(info)
    ? new MachinistError("swarm.settling", `${machine} is just beginning a Swarm that does not say yet whose it is`, {
        retryable: true,
        hint: "Run the same command again in a moment",
      })
    : foreignSwarm(machine);

async function initialize(
  machine: string,
  engine: Awaited<ReturnType<Engines["connect"]>>,
  address: string,
  call: Call<ClusterProps>,
): Promise<void> {
  const info = await swarmInfo(engine, { signal: call.signal });
  if (isInSwarm(info)) {
    // An attempt whose answer was lost; what it made carries our mark.
    if (info.Cluster?.Spec?.Labels?.[OWNER_LABEL] === call.owner) return;
    throw notOurs(machine, info);
  }
  await engine.request("POST", "/swarm/init", {
    signal: call.signal,
    timeoutMs: 60_000,
    body: {
      ListenAddr: LISTEN,
      AdvertiseAddr: address,
      ForceNewCluster: false,
      Spec: {
        Name: "default",
        Labels: { [OWNER_LABEL]: call.owner },
        ...(call.props.autolock ? { EncryptionConfig: { AutoLockManagers: true } } : {}),
      },
    },
  });
}

function warnOfEvenManagers({ props, log }: Call<ClusterProps>): void {
  const count = props.managers.length;
  if (count % 2 === 0)
    log(`${count} managers survive no more failures than ${count - 1} do; an odd number is better`, "warn");
}
