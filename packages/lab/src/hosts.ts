import { mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "@machinist/core";
import { guard, unguard } from "./cleanup.ts";
import { type Execution, execute } from "./execute.ts";
import { LabFleet } from "./fleet.ts";
import { closeRun, deadRuns, labFolder, openRun, type RunFolder } from "./run-folder.ts";
import { unavailable } from "./unavailable.ts";

export interface LabOptions {
  readonly count: number;
  /** `bare`: without Docker. `docker`: with Docker running. */
  readonly image: "bare" | "docker";
  /** Debian release. Default trixie. */
  readonly release?: "trixie" | "bookworm";
  /** Host names are NAME-1, NAME-2 …; default: something random. */
  readonly name?: string;
}

/** A real host: systemd, sshd, its own kernel namespaces. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  /** Path of the private key that root's authorized_keys has. */
  readonly identity: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** With `keyPath` and `hostKeys` set: ready to connect to. */
  readonly endpoint: Endpoint;
  /** Run a program in it as root, over SSH with the host key checked. */
  exec(...argv: string[]): Promise<Execution>;
  /** Shut it down; its disk, address and host key stay. */
  stop(): Promise<void>;
  /** Pull the plug. */
  kill(): Promise<void>;
  /** Boot it again, and wait until its SSH answers. */
  start(): Promise<void>;
}

export interface LabHosts extends AsyncDisposable {
  readonly hosts: readonly LabHost[];
  readonly identity: string;
  /** OpenSSH line of `identity`. */
  readonly publicKey: string;
  /** Every object of this run has it in its name: {@link leftovers} takes it. */
  readonly prefix: string;
  /** Stop and remove everything. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Boot real hosts, all at once, and return when each answers SSH. Throws where {@link unavailable} gives a reason. */
export async function startHosts(options: LabOptions): Promise<LabHosts> {
  const reason = unavailable();
  if (reason !== undefined) throw new Error(`Real hosts cannot be had here: ${reason}`);
  await sweep();
  const numbers = Array.from({ length: options.count }, (_, index) => index + 1);
  const run = openRun(labFolder(), (prefix) => numbers.map((number) => `${options.name ?? prefix}-${number}`));
  const dispose = once(() => clear(run));
  guard(run);
  try {
    const identity = await makeKey(run.path);
    const publicKey = readFileSync(`${identity}.pub`, "utf8").trim();
    const fleet = new LabFleet(run);
    const hosts = await bootAll(fleet, run, identity, publicKey, options);
    return { hosts, identity, publicKey, prefix: run.record.prefix, dispose, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Remove what runs that were killed have left. */
export async function sweep(): Promise<void> {
  for (const run of deadRuns(labFolder())) await clear(run);
}

async function bootAll(
  fleet: LabFleet,
  run: RunFolder,
  identity: string,
  publicKey: string,
  options: LabOptions,
): Promise<LabHost[]> {
  const names = run.record.names;
  await planAll(fleet, names, publicKey, options.image, options.release ?? "trixie");
  const shared = Object.values(
    await fleet.plan(names[0] ?? "", publicKey, settings(options.image, options.release ?? "trixie")),
  );
  await Promise.all(shared.filter(({ id }) => id.startsWith("@")).map(({ id }) => fleet.create(id)));
  await Promise.all(names.map((name) => fleet.create(`${name}/instance`)));
  const hosts = names.map((name) => labHost(fleet, name, identity));
  await Promise.all(hosts.map(({ address }) => answering(address)));
  return hosts;
}

const settings = (image: string, release: string) => ({ image, release, mirror: "", memory: 0, cpus: 0 });

async function planAll(fleet: LabFleet, names: readonly string[], key: string, image: string, release: string) {
  for (const name of names) await fleet.plan(name, key, settings(image, release));
}

function labHost(fleet: LabFleet, name: string, identity: string): LabHost {
  const found = fleet.driver.endpoint?.(name, fleet.states);
  if (!found) throw new Error(`${name} has no address`);
  const endpoint: Endpoint = { ...found, keyPath: identity };
  const power = async (action: "start" | "stop" | "kill"): Promise<void> => {
    await fleet.refresh(`${name}/instance`);
    await fleet.driver.power?.[action]?.(fleet.machineCall(name));
  };
  return {
    name,
    address: endpoint.host,
    identity,
    hostKey: endpoint.hostKeys?.[0] ?? "",
    endpoint,
    exec: (...argv) => execute(endpoint, identity, argv),
    stop: () => power("stop"),
    kill: () => power("kill"),
    start: async () => {
      await power("start");
      await answering(endpoint.host);
    },
  };
}

/** Remove everything a run has made, by its record alone. */
export async function clear(run: RunFolder): Promise<void> {
  const fleet = new LabFleet(run);
  const { names } = run.record;
  // Which image it was does not matter: images stay.
  await planAll(fleet, names, "", "bare", "trixie");
  await Promise.all(names.map((name) => fleet.remove(`${name}/instance`)));
  await fleet.plan("none", "", settings("bare", "trixie"));
  await fleet.remove(`@${run.record.prefix}/network`);
  closeRun(run.path);
  unguard(run);
}

async function makeKey(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "id_ed25519");
  const { code, stderr } = await execute.local([
    "ssh-keygen",
    "-q",
    "-t",
    "ed25519",
    "-N",
    "",
    "-C",
    "lab",
    "-f",
    path,
  ]);
  if (code !== 0) throw new Error(`ssh-keygen: ${stderr}`);
  return path;
}

/** Wait until sshd itself speaks: a port that only accepts may still be nobody's. */
async function answering(address: string, withinMs = 180_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await greets(address))) {
    if (Date.now() > deadline) throw new Error(`${address} does not answer SSH after ${withinMs / 1000} s`);
    await delay(20);
  }
}

function greets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (data) => end(data.toString().startsWith("SSH-")));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
    socket.once("close", () => end(false));
  });
}

export function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
