import { connect } from "node:net";
import { MachinistError } from "@machinist/core";

/** How long a host may take to accept a connection and greet, in ms. */
const patience = 5000;
/** A server may send lines before its greeting; more than this is no SSH server. */
const mostBeforeGreeting = 8192;

export interface ProbeOptions {
  readonly signal: AbortSignal;
  /** Deadline in ms. Default 5000. */
  readonly timeoutMs?: number;
}

/**
 * Connect and wait for an SSH greeting (`SSH-2.0-…`); resolves to its line. Throws `generic.unreachable` where nothing
 * accepts the connection, `generic.not-ssh` where something else does, `cancelled` when the signal aborts.
 */
export function greeting(host: string, port: number, { signal, timeoutMs = patience }: ProbeOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let connected = false;
    let heard = "";
    const finish = (settle: () => void): void => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", cancel);
      socket.removeAllListeners();
      socket.on("error", () => {});
      socket.destroy();
      settle();
    };
    const fail = (error: MachinistError) => finish(() => reject(error));
    const cancel = () => fail(new MachinistError("cancelled", "The operation was cancelled", { cause: signal.reason }));
    const deadline = setTimeout(() => {
      fail(connected ? notSsh(host, port, "did not greet") : unreachable(host, port, undefined, timeoutMs));
    }, timeoutMs);
    if (signal.aborted) return cancel();
    signal.addEventListener("abort", cancel, { once: true });
    socket.on("connect", () => {
      connected = true;
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      // A reset needs somebody to send it, even where it overtakes our own notice of the connection.
      const answered = connected || cause.code === "ECONNRESET";
      fail(answered ? notSsh(host, port, "cut the connection") : unreachable(host, port, cause, timeoutMs));
    });
    socket.on("end", () => fail(notSsh(host, port, heard === "" ? "hung up without a greeting" : "greeted otherwise")));
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      const found = /^SSH-[^\r\n]+(?=\r?\n)/m.exec(heard);
      if (found !== null) finish(() => resolve(found[0]));
      else if (heard.length > mostBeforeGreeting) fail(notSsh(host, port, "greeted otherwise"));
    });
  });
}

function unreachable(host: string, port: number, cause: NodeJS.ErrnoException | undefined, timeoutMs: number) {
  const sentence = `No SSH server could be reached at ${host} port ${port}: ${reason(cause, timeoutMs)}`;
  const hint =
    cause?.code === "ENOTFOUND" || cause?.code === "EAI_AGAIN"
      ? "Check --generic-ip-address: the name cannot be resolved from here."
      : `Check --generic-ip-address and --generic-ssh-port, that the host is up, and its firewall; try \`ssh -p ${port} ${host}\`.`;
  return new MachinistError("generic.unreachable", sentence, { hint, cause });
}

function reason(cause: NodeJS.ErrnoException | undefined, timeoutMs: number): string {
  switch (cause?.code) {
    case undefined:
      return `no answer within ${timeoutMs / 1000} s`;
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "there is no such host name";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no way to that address";
    default:
      return `the connection failed (${cause?.code})`;
  }
}

function notSsh(host: string, port: number, what: string): MachinistError {
  return new MachinistError("generic.not-ssh", `What listens at ${host} port ${port} is no SSH server: it ${what}`, {
    hint: "Give the port of its SSH server with --generic-ssh-port (22 is usual).",
  });
}
