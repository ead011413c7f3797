import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HostPool } from "@machinist/ssh";
import { fetchBusybox } from "../busybox.ts";
import { type DockerHosts, startDockerHosts } from "../docker-hosts.ts";

const run = promisify(execFile);

/** A real machine with docker and its compose, and the image `box`, whose containers sleep and end at once when told to. */
export interface EngineLab {
  readonly pool: HostPool;
  readonly folder: string;
  sh(command: string): Promise<string>;
  /** Copy a folder of this computer to the machine, with owners and permissions. */
  copy(folder: string, to: string): Promise<void>;
  /** What a project's containers are, and what they see. */
  seen(project: string): Promise<SeenContainer[]>;
  dispose(): Promise<void>;
}

export interface SeenContainer {
  readonly service: string;
  readonly state: string;
  readonly health: string;
  readonly exit: number;
  readonly env: readonly string[];
  readonly settings: unknown;
  /** By where they are mounted: whether they may be written to, and, of what was carried, all that is in them. */
  readonly mounts: { readonly [target: string]: string };
  readonly output: string;
}

/** Files of this machine that belong to no project. */
const OURS = ["/var/lib/machinist/compose/", "/root/theirs/"];

export async function startEngine(): Promise<EngineLab> {
  const lab = await startDockerHosts(1);
  const { folder, pool } = lab;
  const sh = (command: string): Promise<string> => lab.output("h1", command);
  const copy = async (from: string, to: string): Promise<void> => {
    const archive = join(folder, `${to.replaceAll("/", "-")}.tar`);
    await run("tar", ["-C", from, "-cf", archive, "."]);
    const connection = await pool.connect("h1");
    await connection.upload(new Map([["copy.tar", archive]]), to);
    await connection.close();
    await rm(archive);
    await sh(`cd ${to} && tar --same-owner -xpf copy.tar && rm copy.tar`);
  };
  const seen = async (project: string): Promise<SeenContainer[]> => {
    const filter = `--filter label=com.docker.compose.project=${project}`;
    const found = JSON.parse(await sh(`ids=$(docker ps -aq ${filter}); docker inspect $ids || true`)) as Inspected[];
    const all = await Promise.all(found.map((each) => seenOf(each, sh)));
    return all.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  };
  try {
    await importBox(lab);
    return { pool, folder, sh, copy, seen, dispose: lab.dispose };
  } catch (error) {
    await lab.dispose();
    throw error;
  }
}

async function importBox({ folder, pool }: DockerHosts): Promise<void> {
  const busybox = await fetchBusybox(folder);
  const connection = await pool.connect("h1");
  await connection.upload(new Map([["busybox", busybox]]), "/root/image/bin");
  const made = await connection.run([
    "sh",
    "-c",
    "cd /root/image && mkdir -p tmp etc && chmod 1777 tmp && chmod 755 bin/busybox && chroot . /bin/busybox --install -s /bin && " +
      `tar -c . | docker import -c 'CMD ["sleep","100000"]' -c 'STOPSIGNAL SIGKILL' - box:latest`,
  ]);
  await connection.close();
  if (made.code !== 0) throw new Error(`The image cannot be made: ${made.stderr}`);
}

interface Inspected {
  readonly Id: string;
  readonly State: { Status: string; ExitCode: number; Health?: { Status: string } | null };
  readonly Config: { Env: string[] | null; Labels: { [name: string]: string }; [key: string]: unknown };
  readonly HostConfig: { [key: string]: unknown };
  readonly NetworkSettings: { Networks: { [name: string]: { Aliases: string[] | null } } };
  readonly Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
}

async function seenOf(container: Inspected, sh: (command: string) => Promise<string>): Promise<SeenContainer> {
  const { Id, State, Config, HostConfig, NetworkSettings, Mounts } = container;
  const { Image, Cmd, Entrypoint, User, WorkingDir, Healthcheck } = Config;
  const { RestartPolicy, PortBindings, Memory, CapAdd, CapDrop, ReadonlyRootfs, Sysctls, ExtraHosts } = HostConfig;
  const mounts: { [target: string]: string } = {};
  // The engine tells them in no order.
  const ordered = Mounts.toSorted((a, b) => (a.Destination < b.Destination ? -1 : 1));
  for (const { Type, Source, Destination, RW } of ordered) {
    const files = OURS.some((each) => Source.startsWith(each)) ? await filesAt(Source, sh) : "";
    // A volume without a name has one of the engine's making.
    mounts[Destination] = `${Type} ${RW ? "rw" : "ro"}\n${files}`;
  }
  return {
    service: Config.Labels["com.docker.compose.service"] ?? "",
    state: State.Status,
    health: State.Health?.Status ?? "",
    exit: State.ExitCode,
    env: [...(Config.Env ?? [])].sort(),
    settings: {
      ...{ Image, Cmd, Entrypoint, User, WorkingDir, Healthcheck },
      ...{ RestartPolicy, PortBindings, Memory, CapAdd, CapDrop, ReadonlyRootfs, Sysctls, ExtraHosts },
      labels: Object.entries(Config.Labels)
        .filter(([name]) => !name.startsWith("com.docker.compose."))
        .sort(),
      networks: Object.entries(NetworkSettings.Networks)
        .map(([name, { Aliases }]) => [name, ...(Aliases ?? []).filter((each) => each !== Id.slice(0, 12))])
        .sort(),
    },
    mounts,
    output: await sh(`docker logs ${Id} 2>&1`),
  };
}

/** Every file below a path: its type, permissions, owner, target and content. */
const filesAt = (path: string, sh: (command: string) => Promise<string>): Promise<string> =>
  sh(
    `cd '${path.replaceAll("'", `'\\''`)}' 2> /dev/null || { stat -Lc '%a %u:%g' "$0"; sha256sum < "$0"; exit; }
find . -printf '%P %y %m %U:%G %l\\n' | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum`.replaceAll(
      '"$0"',
      `'${path.replaceAll("'", `'\\''`)}'`,
    ),
  );
