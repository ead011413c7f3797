import type { Duplex } from "node:stream";
import { isMachinistError, MachinistError } from "@machinist/core";
import type { AuthHandlerMiddleware, Client } from "ssh2";
import { type Hop, knownName } from "./address.ts";
import type { Credentials } from "./credentials.ts";
import { dialFailure, unreachable } from "./dial-failure.ts";
import { keyType } from "./fingerprint.ts";
import { algorithmsOf, type HostKeyCheck } from "./host-key-check.ts";
import { openSocket } from "./socket.ts";
import { loadSsh2 } from "./ssh2-library.ts";
import { cancellation, timeLimit } from "./time-limit.ts";

export interface Dial {
  readonly hop: Hop;
  readonly check: HostKeyCheck;
  /** Fresh for every attempt: it remembers what was offered. */
  readonly credentials: () => Credentials;
  /** A way through a jump host; opened again for every attempt. Without it: TCP from here. */
  readonly through?: (signal: AbortSignal) => Promise<Duplex>;
  readonly keepaliveMs: number;
  /** How long the other side may stay silent until it has said that it speaks SSH, in ms. */
  readonly silenceMs: number;
  /** How long the whole attempt may take, in ms. */
  readonly attemptMs: number;
  readonly signal: AbortSignal;
}

/** A client that has logged in, and what carries it: once `end` was said, ssh2 itself no longer lets go of a dead one. */
export interface Dialled {
  readonly client: Client;
  readonly carrier: Duplex;
}

/** One attempt to log in. Errors are `ssh.*`; those of a host that may still be booting are retryable. */
export async function dial(options: Dial): Promise<Dialled> {
  let algorithms = [...options.check.algorithms];
  let refusal: unknown;
  while (algorithms.length > 0) {
    const seen: { key?: Buffer } = {};
    try {
      return await attempt(options, algorithms, seen);
    } catch (error) {
      // A host has keys of several types and shows one; the fingerprint given may be that of another.
      const mismatch = isMachinistError(error) && error.code === "ssh.host-key-changed";
      if (!options.check.anyType || !mismatch || seen.key === undefined) throw refusal ?? error;
      refusal ??= error;
      const shown = algorithmsOf(keyType(seen.key));
      algorithms = algorithms.filter((name) => !shown.includes(name));
    }
  }
  throw refusal;
}

async function attempt(options: Dial, algorithms: string[], seen: { key?: Buffer }): Promise<Dialled> {
  const { hop, check } = options;
  const address = knownName(hop.host, hop.port);
  const offered = options.credentials();
  const isNew = check.prove !== undefined;
  const late = (why: string) => () => unreachable(hop, new Error(why));
  const limit = timeLimit(options.signal, options.attemptMs, late("logging in takes too long"));
  const silence = timeLimit(limit.signal, options.silenceMs, late("nothing answers there"));
  try {
    // First: a socket that ends while nobody listens to it would be waited for in vain.
    const { Client } = await loadSsh2();
    const socket = await (options.through?.(silence.signal) ?? openSocket(hop.host, hop.port, silence.signal));
    // Never without a listener: a connection may break between its login and whoever takes it over.
    const client = new Client().on("error", () => {});
    return await new Promise<Dialled>((resolve, reject) => {
      let refused: unknown;
      let greeting = "";
      const fail = (cause: unknown) => {
        client.end();
        socket.destroy();
        reject(dialFailure(hop, refused ?? cause, offered, isNew));
      };
      for (const { signal } of [silence, limit]) {
        if (signal.aborted) return fail(cancellation(signal));
        signal.addEventListener("abort", () => fail(cancellation(signal)), { once: true });
      }
      // An agent that cannot be reached only means one source of keys less.
      const onError = (error: Error & { level?: string }) =>
        error.level !== "agent" &&
        fail(/lost before handshake/i.test(error.message) ? hungUp(address, greeting) : error);
      const onClose = () => fail(hungUp(address, greeting));
      client.on("error", onError).on("close", onClose);
      client.once("ready", () =>
        resolve({ client: client.off("error", onError).off("close", onClose), carrier: socket }),
      );
      client.connect({
        sock: socket,
        username: hop.user,
        readyTimeout: 0,
        keepaliveInterval: options.keepaliveMs,
        keepaliveCountMax: 3,
        algorithms: { serverHostKey: algorithms as never },
        hostVerifier: verifier(check, seen, (error) => {
          refused = error;
        }),
        authHandler: offer(offered, hop.user, (error) => {
          refused = error;
        }),
      });
      socket.once("data", (first: Buffer) => {
        silence.end();
        greeting = first.toString("latin1", 0, 200);
      });
    });
  } catch (error) {
    throw dialFailure(hop, error, offered, isNew);
  } finally {
    silence.end();
    limit.end();
  }
}

/**
 * The host shows its key at login, and again whenever session keys are exchanged again. The second time the verdict is
 * given at once: between its parts of an exchange ssh2 would otherwise send what programs are fed, which RFC 4253 (7.1)
 * forbids and OpenSSH hangs up on.
 */
function verifier(check: HostKeyCheck, seen: { key?: Buffer }, onError: (error: unknown) => void) {
  let believed: Buffer | undefined;
  return (key: Buffer, verdict: (valid: boolean) => void): void => {
    if (believed !== undefined) {
      verdict(believed.equals(key));
      return;
    }
    seen.key = key;
    check.verify(key).then(
      () => {
        believed = Buffer.from(key);
        verdict(true);
      },
      (error: unknown) => {
        onError(error);
        verdict(false);
      },
    );
  };
}

/** Without a word, or with one instead of SSH's greeting ("Not allowed at this time"). */
function hungUp(address: string, greeting: string): Error & { code: string } {
  const words = greeting.startsWith("SSH-") ? "" : (greeting.split(/[\r\n]/)[0] ?? "").replace(/[^ -~]/g, "");
  const message = words === "" ? `${address} closed the connection` : `it says ${JSON.stringify(words)}`;
  return Object.assign(new Error(message), { code: "hung-up" });
}

/** Feeds ssh2 one way to log in after the other; what goes wrong while finding them is the attempt's error. */
function offer(offered: Credentials, user: string, onError: (error: unknown) => void): AuthHandlerMiddleware {
  const methods = offered.methods(user);
  // ssh2 takes `false` for "no more", which its types leave out.
  return (left, partial, next) => {
    if (partial)
      onError(
        new MachinistError("ssh.auth", `The host asks ${user} for more than a key: ${(left ?? []).join(", ")}`, {
          hint: "Allow the key alone for this user in the host's sshd_config (AuthenticationMethods publickey).",
        }),
      );
    if (partial || (Array.isArray(left) && !left.includes("publickey"))) return next(false as never);
    methods.next().then(
      ({ value }) => next((value ?? false) as never),
      (error: unknown) => {
        onError(error);
        next(false as never);
      },
    );
  };
}
