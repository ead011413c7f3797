import { homedir } from "node:os";
import { join } from "node:path";
import type { Host, Hosts, Level } from "@machinist/core";
import { userKeysOf } from "@machinist/values";
import { closedHere, Link } from "./link.ts";
import { openRoute, type RouteOptions, type SshTarget } from "./route.ts";
import { SshHost } from "./ssh-host.ts";

export interface HostsOptions {
  /** Where a machine is; asked again before every attempt, since an address may change with a reboot. */
  readonly target: (machine: string) => Promise<SshTarget>;
  readonly log: (machine: string, message: string, level: Level) => void;
  /** HOME and SSH_AUTH_SOCK are read from it. Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Asked for the passphrase of a key once per pool; undefined: there is none to be had. */
  readonly passphrase?: (path: string) => Promise<string | undefined>;
  /** How long `connect` waits for a machine when its caller does not say, in ms. Default: its endpoint's `bootMs`, else 2 minutes. */
  readonly waitMs?: number;
  /** How often an idle connection is tested; three tests without an answer end it. Default 10 s. */
  readonly keepaliveMs?: number;
  /** How long a server may stay silent until it is given up and tried again, in ms. Default 5 s. */
  readonly silenceMs?: number;
  /** How long logging in may take, in ms. Default 30 s. */
  readonly attemptMs?: number;
  /** Keys of hosts that are known beside a machine's own file. Default: where OpenSSH looks, ~/.ssh and /etc/ssh. */
  readonly knownHosts?: readonly string[];
}

/** `Hosts` with an end. */
export interface HostPool extends Hosts {
  /** Ends one machine's connection, for example before its power goes; the next use opens it again. */
  drop(machine: string): Promise<void>;
  /** Ends all connections, and what still waits for one. Nothing can be opened after that. */
  closeAll(): Promise<void>;
}

const WAIT_MS = 120_000;

/** What a machine is said to need for its start; where it is not known yet, the connection itself will say why. */
const bootMs = (options: HostsOptions, machine: string): Promise<number> =>
  options.target(machine).then(
    ({ endpoint }) => endpoint.bootMs ?? WAIT_MS,
    () => WAIT_MS,
  );

/** SSH to machines by name, one connection each. */
export function createHosts(options: HostsOptions): HostPool {
  const links = new Map<string, { readonly link: Link; handles: number }>();
  const passphrase = rememberOnce(options.passphrase);
  let closed = false;

  function linkOf(machine: string) {
    const known = links.get(machine);
    if (known !== undefined) return known;
    const route = routeOptions(machine, options, passphrase);
    const link: Link = new Link({
      machine,
      log: route.log,
      waitMs: WAIT_MS,
      open: async (signal) => openRoute(machine, await options.target(machine), route, signal),
    });
    const entry = { link, handles: 0 };
    links.set(machine, entry);
    return entry;
  }

  return {
    async connect(machine, wait = {}): Promise<Host> {
      if (closed) throw closedHere(machine);
      const entry = linkOf(machine);
      const leave = async () => {
        entry.handles--;
        if (entry.handles === 0) await entry.link.close();
      };
      entry.handles++;
      try {
        const waitMs = wait.waitMs ?? options.waitMs ?? (await bootMs(options, machine));
        const { endpoint } = await (waitMs === 0
          ? entry.link.look(wait.signal)
          : entry.link.connection(wait.signal, waitMs));
        return new SshHost(entry.link, endpoint, leave);
      } catch (error) {
        await leave();
        throw error;
      }
    },
    async drop(machine) {
      await links.get(machine)?.link.close();
    },
    async closeAll() {
      closed = true;
      await Promise.all([...links.values()].map(({ link }) => link.end()));
      links.clear();
    },
  };
}

function routeOptions(machine: string, options: HostsOptions, passphrase: RouteOptions["passphrase"]): RouteOptions {
  const env = options.env ?? process.env;
  return {
    othersKnownHosts: options.knownHosts ?? knownHostsOf(env.HOME || homedir()),
    agent: env.SSH_AUTH_SOCK || undefined,
    userKeys: userKeysOf(env.HOME || homedir()),
    passphrase,
    keepaliveMs: options.keepaliveMs ?? 10_000,
    silenceMs: options.silenceMs ?? 5000,
    attemptMs: options.attemptMs ?? 30_000,
    log: (message, level) => options.log(machine, message, level),
  };
}

/** OpenSSH's UserKnownHostsFile and GlobalKnownHostsFile. */
const knownHostsOf = (home: string): string[] => [
  ...["known_hosts", "known_hosts2"].map((name) => join(home, ".ssh", name)),
  ...["ssh_known_hosts", "ssh_known_hosts2"].map((name) => join("/etc/ssh", name)),
];

/** Nobody likes to type a passphrase twice, least of all for three machines at once. */
function rememberOnce(ask: HostsOptions["passphrase"]): HostsOptions["passphrase"] {
  if (ask === undefined) return undefined;
  const answers = new Map<string, Promise<string | undefined>>();
  return (path) => {
    const answer = answers.get(path) ?? ask(path);
    answers.set(path, answer);
    return answer;
  };
}
