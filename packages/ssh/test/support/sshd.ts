import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { unpackedSshd } from "./unpacked-sshd.ts";

const PLACES = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];

const installed = PLACES.find((path) => existsSync(path));
const unpacked = installed === undefined ? unpackedSshd() : undefined;

/** Why a real OpenSSH server cannot be had here, for a skip that says so. */
export const noSshd =
  (installed ?? unpacked) ? undefined : "no sshd on this computer (npm test as root fetches one on Debian and Ubuntu)";

/** Long enough for a busy computer. */
const START_MS = 60_000;

export interface Sshd {
  readonly dir: string;
  readonly port: number;
  readonly user: string;
  /** Public key lines of its host keys. */
  readonly hostKeys: readonly string[];
  authorize(publicKey: string): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and every session of it. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** An OpenSSH server of our own on a free loopback port, with its own keys, for the user who runs the tests. */
export async function makeSshd(settings: readonly string[] = []): Promise<Sshd> {
  const dir = await mkdtemp(join(tmpdir(), "machinist-sshd-"));
  const port = await freePort();
  const authorized = join(dir, "authorized_keys");
  const keys = ["ed25519", "ecdsa"].map((type) => join(dir, `host_${type}`));
  for (const [index, key] of keys.entries())
    execFileSync("ssh-keygen", ["-q", "-t", ["ed25519", "ecdsa"][index]!, "-N", "", "-f", key]);
  await writeFile(authorized, "", { mode: 0o600 });
  const config = join(dir, "sshd_config");
  const lines = [
    ...settings,
    ...(unpacked?.settings ?? []),
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...keys.map((key) => `HostKey ${key}`),
    `AuthorizedKeysFile ${authorized}`,
    `PidFile ${join(dir, "pid")}`,
    // Not the tester's own: their shell's start-up files are none of our business.
    `SetEnv HOME=${dir}`,
    "PermitRootLogin yes",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  let child: ReturnType<typeof spawn> | undefined;
  const sshd: Sshd = {
    dir,
    port,
    user: userInfo().username,
    hostKeys: await Promise.all(keys.map((key) => readFile(`${key}.pub`, "utf8"))),
    authorize: (publicKey) => writeFile(authorized, `${publicKey}\n`, { flag: "a" }),
    async start() {
      // A process group of its own, so that its sessions end with it.
      const [program = "", ...words] = unpacked ? await unpacked.argv(dir) : [installed ?? ""];
      child = spawn(program, [...words, "-D", "-e", "-f", config], { stdio: "ignore", detached: true });
      for (const end = Date.now() + START_MS; Date.now() < end; ) {
        if (await answers(port)) return;
        await pause(30);
      }
      throw new Error(`sshd does not listen after ${START_MS / 1000} s`);
    },
    async kill() {
      if (child?.pid === undefined) return;
      const ended = new Promise((resolve) => child!.once("exit", resolve));
      for (const pid of [...sessionsOf(child.pid), child.pid]) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // Already gone.
        }
      }
      await ended;
      child = undefined;
    },
    async remove() {
      await sshd.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return sshd;
}

function sessionsOf(pid: number): number[] {
  try {
    const text = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
    return text.split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
