import { setTimeout as pause } from "node:timers/promises";
import { MachinistError } from "@machinist/core";
import type { Client, ClientChannel } from "ssh2";
import type { Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import { cancellation, orAborted } from "./time-limit.ts";

/** A program's channel, and the connection it runs over. `release` gives its place to the next in line. */
export interface Session {
  readonly connection: Connection;
  readonly channel: ClientChannel;
  readonly release: () => void;
}

type Opened = (error: Error | undefined, channel: ClientChannel) => void;
/** Asks ssh2 for a channel: a program, a shell. */
export type OpenChannel = (client: Client, done: Opened) => void;

/** How often a server may say that it has no room. */
const MOST_REFUSALS = 10;

/**
 * Opens a channel on the machine's connection, opening that again where it was lost before anything was sent. One that
 * opens only after it was given up goes to `abandon`.
 */
export async function openSession(
  link: Link,
  open: OpenChannel,
  what: string,
  signal: AbortSignal,
  abandon: (late: Session) => void = ({ channel }) => channel.close(),
): Promise<Session> {
  for (let refusals = 0; ; ) {
    const connection = await link.connection(signal);
    const release = await connection.slots.take(signal);
    if (connection.ended) {
      release();
      continue;
    }
    try {
      const channel = await request(connection, open, what, signal, abandon);
      connection.aliveAt = Date.now();
      channel.once("close", () => {
        connection.aliveAt = Date.now();
        release();
      });
      return { connection, channel, release };
    } catch (error) {
      if (error instanceof NoRoom) connection.slots.shrink();
      release();
      if (!(error instanceof NoRoom) || ++refusals === MOST_REFUSALS) throw error;
      // A session that has ended here counts over there for a moment longer.
      await pause(20 * refusals, undefined, { signal }).catch(() => {});
    }
  }
}

/** The server opens no further session now. */
class NoRoom extends MachinistError {
  constructor(what: string, cause: Error) {
    super("ssh.channel", `The SSH server opens no session for ${what}: ${cause.message}`, {
      cause,
      retryable: true,
      hint: "Look at MaxSessions in its sshd_config.",
    });
  }
}

async function request(
  connection: Connection,
  open: OpenChannel,
  what: string,
  signal: AbortSignal,
  abandon: (late: Session) => void,
): Promise<ClientChannel> {
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    try {
      open(connection.client, (error, channel) => {
        if (error) return reject(channelError(connection, error, what));
        if (signal.aborted) {
          abandon({ connection, channel, release: () => {} });
          return reject(cancellation(signal));
        }
        resolve(channel);
      });
    } catch (error) {
      // ssh2 throws where it already knows that nobody is there.
      reject(channelError(connection, error as Error, what));
    }
  });
  return orAborted(opened, signal);
}

function channelError(connection: Connection, error: Error, what: string): MachinistError {
  if ("reason" in error) return new NoRoom(what, error);
  if (connection.ended || /No response from server|Not connected/i.test(error.message)) return connection.lost(what);
  return new MachinistError("ssh.channel", `The SSH server refuses to run ${what}: ${error.message}`, {
    cause: error,
    hint: "Look for ForceCommand and PermitTTY in its sshd_config.",
  });
}
