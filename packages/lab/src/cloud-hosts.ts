import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import { guard } from "./cleanup.ts";
import { LabFleet, ownerOf } from "./fleet.ts";
import { clear, once, sweep } from "./hosts.ts";
import { addName, labFolder, openRun, type RunFolder } from "./run-folder.ts";
import { unavailable } from "./unavailable.ts";

/** What a provider is told when it is asked for a host. */
export interface CloudStart {
  /** The host's name. */
  readonly name: string;
  readonly userData: string;
  /** The provider's keys: they let in the image's default user (`debian`, with sudo) and root. */
  readonly publicKeys: readonly string[];
  /** More meta-data, by NoCloud's names; what is said here comes first. */
  readonly metaData?: Record<string, unknown>;
}

/** A real host that came up as a provider's do: Debian trixie with Docker and cloud-init. Nothing of ours is in it. */
export interface CloudHost {
  readonly name: string;
  readonly address: string;
  /** Shut it down; its disk and address stay. */
  stop(): Promise<void>;
  /** Pull the plug. */
  kill(): Promise<void>;
  /** Boot it again. Does not wait for its SSH. */
  start(): Promise<void>;
  /** Stop it and give up its disk and address. Safe to call twice. */
  remove(): Promise<void>;
}

export interface CloudHosts extends AsyncDisposable {
  /** Resolves once it boots and has an address. Its SSH, with a host key that it makes itself, comes seconds later. */
  start(options: CloudStart): Promise<CloudHost>;
  /** Every object of this run has it in its name. */
  readonly prefix: string;
  /** Remove everything. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Why there can be no such hosts here, in a few words; undefined where there can. */
export const cloudUnavailable = unavailable;

const OPTIONS = { image: "docker", release: "trixie", mirror: "", memory: 0, cpus: 0, packages: ["cloud-init"] };

/**
 * A network for hosts that are made one by one, or many at once. What is left when this process ends, however it ends,
 * is removed as the hosts of `startHosts` are. Throws where {@link cloudUnavailable} gives a reason.
 */
export async function openCloudHosts(): Promise<CloudHosts> {
  const reason = cloudUnavailable();
  if (reason !== undefined) throw new Error(`Real hosts cannot be had here: ${reason}`);
  await sweep();
  const run = openRun(labFolder(), () => []);
  guard(run);
  const fleet = new LabFleet(run);
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  const dispose = once(async () => {
    closed = true;
    await Promise.allSettled(underWay);
    await clear(run);
  });
  try {
    const shared = await fleet.plan("none", "", OPTIONS);
    await Promise.all(shared.filter(({ id }) => id.startsWith("@")).map(({ id }) => fleet.create(id)));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    prefix: run.record.prefix,
    async start(options) {
      if (closed) throw new Error("These hosts were disposed of");
      const starting = startOne(fleet, run, options);
      underWay.add(starting);
      return starting.finally(() => underWay.delete(starting));
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

async function startOne(fleet: LabFleet, run: RunFolder, options: CloudStart): Promise<CloudHost> {
  // A number of its own: names of hosts may be used again, and be too long for an owner tag.
  const machine = `h${run.record.names.length + 1}`;
  addName(run, machine);
  const id = `${machine}/instance`;
  const seed = writeSeed(run, machine, ownerOf(run.record.prefix, id), options);
  const planned = await fleet.plan(machine, "", { ...OPTIONS, "user-data": seed.userData });
  const props: Data | undefined = planned.find((resource) => resource.id === id)?.props;
  Object.assign(props ?? {}, { hostname: options.name, metaData: seed.metaData });
  await fleet.create(id);
  const power = async (action: "start" | "stop" | "kill"): Promise<void> => {
    await fleet.refresh(id);
    await fleet.driver.power?.[action]?.(fleet.machineCall(machine));
  };
  return {
    name: options.name,
    address: String(fleet.states[id]?.address),
    stop: () => power("stop"),
    kill: () => power("kill"),
    start: () => power("start"),
    remove: () => fleet.remove(id),
  };
}

function writeSeed(run: RunFolder, machine: string, instanceId: string, options: CloudStart) {
  const folder = join(run.path, "seeds");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [userData, metaData] = [join(folder, `${machine}.user-data`), join(folder, `${machine}.meta-data`)];
  const entries = {
    "instance-id": instanceId,
    "local-hostname": options.name,
    "public-keys": options.publicKeys,
    ...options.metaData,
  };
  writeFileSync(userData, options.userData, { mode: 0o600 });
  // JSON is YAML.
  writeFileSync(metaData, `${JSON.stringify(entries)}\n`, { mode: 0o600 });
  return { userData, metaData };
}
