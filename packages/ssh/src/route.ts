import type { Duplex } from "node:stream";
import type { Endpoint, Level } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Client } from "ssh2";
import { type Hop, knownName, parseJump } from "./address.ts";
import { Connection } from "./connection.ts";
import { credentials } from "./credentials.ts";
import { type Dial, type Dialled, dial } from "./dial.ts";
import { unreachable } from "./dial-failure.ts";
import { type HostKeyCheck, prepareHostKeyCheck, type Trust } from "./host-key-check.ts";
import { pendingSecret, proofCheck } from "./host-proof-check.ts";
import { orAborted } from "./time-limit.ts";

/** Where a machine is and what is needed to log in there. */
export interface SshTarget {
  readonly endpoint: Endpoint;
  /** Path of the private key we made for this machine. */
  readonly identity?: string;
  /** Path of the machine's own known_hosts. */
  readonly knownHosts: string;
}

export interface RouteOptions {
  readonly othersKnownHosts: readonly string[];
  readonly agent: string | undefined;
  /** Tried for endpoints that say so. */
  readonly userKeys: readonly string[];
  readonly passphrase: ((path: string) => Promise<string | undefined>) | undefined;
  readonly keepaliveMs: number;
  readonly silenceMs: number;
  readonly attemptMs: number;
  readonly log: (message: string, level: Level) => void;
}

/** One attempt to reach a machine: each jump host in turn, each with its own host key, then the machine. */
export async function openRoute(
  machine: string,
  target: SshTarget,
  options: RouteOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const { endpoint } = target;
  const hops: Hop[] = [...(endpoint.jump ?? []).map((jump) => parseJump(jump, endpoint.user)), endpoint];
  const reached: Dialled[] = [];
  try {
    for (const hop of hops) {
      const before = reached.at(-1)?.client;
      const trust = trustFor(hop, hop === endpoint, target, options);
      const call: Dial = {
        hop,
        check: await checkFor(trust),
        credentials: () =>
          credentials({
            ...{
              agent: options.agent,
              passphrase: options.passphrase,
              identity: target.identity,
              keyPath: endpoint.keyPath,
            },
            userKeys: endpoint.userKeys ? options.userKeys : [],
          }),
        keepaliveMs: options.keepaliveMs,
        silenceMs: options.silenceMs,
        attemptMs: options.attemptMs,
        signal,
        ...(before === undefined ? {} : { through: (limit: AbortSignal) => tunnel(before, hop, limit) }),
      };
      const next = await dial(call);
      reached.push(next);
      await call.check.prove?.(next.client, signal);
    }
    return new Connection(machine, endpoint, reached);
  } catch (error) {
    for (const { client } of reached.reverse()) client.end();
    throw error;
  }
}

/** A new host proves its key, where nothing better is known beforehand. */
async function checkFor(trust: Trust): Promise<HostKeyCheck> {
  const secret = trust.hostKeys?.length ? undefined : await pendingSecret(trust.bootSecret);
  return secret === undefined ? prepareHostKeyCheck(trust) : proofCheck(trust, secret);
}

/** What was said of the machine's own key says nothing of a jump host's. */
function trustFor(hop: Hop, last: boolean, target: SshTarget, options: RouteOptions): Trust {
  const { endpoint, knownHosts } = target;
  return {
    host: hop.host,
    port: hop.port,
    user: hop.user,
    knownHosts,
    othersKnownHosts: options.othersKnownHosts,
    trustOnFirstUse: endpoint.trustOnFirstUse,
    log: options.log,
    ...(last
      ? { hostKeys: endpoint.hostKeys, fingerprint: endpoint.fingerprint, bootSecret: endpoint.bootSecret }
      : {}),
  };
}

/** OpenSSH's reason for a target that does not answer (yet); any other is a refusal. */
const CONNECT_FAILED = 2;

function tunnel(client: Client, to: Hop, signal: AbortSignal): Promise<Duplex> {
  const opened = new Promise<Duplex>((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, to.host, to.port, (error, stream) => {
      if (!error) return signal.aborted ? stream.destroy() : resolve(stream);
      const { reason } = error as Error & { reason?: number };
      if (reason === undefined || reason === CONNECT_FAILED) return reject(unreachable(to, error));
      const message = `The jump host refuses to connect to ${knownName(to.host, to.port)}: ${error.message}`;
      reject(
        new MachinistError("ssh.jump", message, { cause: error, hint: "Allow it there: AllowTcpForwarding yes." }),
      );
    });
  });
  return orAborted(opened, signal);
}
