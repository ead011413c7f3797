import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import type { Output } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { type CommandLine, commandLine } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { killRemote } from "./kill.ts";
import type { Link } from "./link.ts";
import { knownRefusal, notRun } from "./login-refusal.ts";
import { openSession, type Session } from "./session.ts";
import { untilStart } from "./start.ts";
import { mayBeSudo, sudoRefused, withSudo } from "./sudo.ts";
import { cancellation, timeLimit } from "./time-limit.ts";

export interface Command {
  readonly argv: readonly string[];
  /** What errors call it; never its arguments, which may hold secrets. Default: the program's name. */
  readonly what?: string;
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly sudo?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Deadline in ms. Default 10 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly onOutput?: ((text: string, stream: "stdout" | "stderr") => void) | undefined;
  /** Takes stdout as it comes, which then is not collected. */
  readonly consume?: (stdout: Readable) => Promise<void>;
}

const TEN_MINUTES = 600_000;
/** Bytes of output kept for one program. More is a mistake, and would cost us our memory. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** Runs one program to its end. Throws `ssh.timeout`, `ssh.lost`, `ssh.sudo`, `ssh.output`, `ssh.not-run` and what connecting throws. */
export async function exec(link: Link, command: Command): Promise<Output> {
  const what = command.what ?? command.argv[0] ?? "";
  const ms = command.timeoutMs ?? TEN_MINUTES;
  const limit = timeLimit(command.signal, ms, () => tooLate(link.machine, what, ms));
  try {
    const { user } = (await link.connection(limit.signal)).endpoint;
    const elevated = command.sudo === true && user !== "root";
    const argv = elevated ? withSudo(command.argv) : command.argv;
    const output = await runOnce(link, { ...command, argv }, what, limit.signal);
    if (elevated && mayBeSudo(output)) {
      const allowed = await runOnce(link, { argv: withSudo(["true"]) }, "sudo", limit.signal);
      if (allowed.code !== 0) throw sudoRefused(link.machine, user, allowed);
    }
    return output;
  } finally {
    limit.end();
  }
}

async function runOnce(link: Link, command: Command, what: string, signal: AbortSignal): Promise<Output> {
  const line = commandLine(command.argv);
  const kill = (session: Session) => killRemote(session, line.mark, command.argv[0] === "sudo");
  const session = await openSession(link, (client, done) => client.exec(line.line, done), what, signal, kill);
  try {
    return await follow(session, line, command, what, signal);
  } catch (error) {
    if (!session.connection.ended) kill(session);
    throw error;
  }
}

/** Feeds stdin, waits for the program's start, gathers what comes back, waits for the end. */
function follow(
  session: Session,
  { start }: CommandLine,
  command: Command,
  what: string,
  signal: AbortSignal,
): Promise<Output> {
  const { channel, connection } = session;
  const login = { user: connection.endpoint.user, host: connection.machine };
  return new Promise<Output>((resolve, reject) => {
    const onAbort = () => reject(cancellation(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const room = { left: MOST_OUTPUT };
    const stderr = new Collector("stderr", room, command, what, reject).read(channel.stderr);
    const stdout = new Collector("stdout", room, command, what, reject);
    channel.on("error", () => {}); // Writing to a program that is gone: its exit code tells more.
    const begun = untilStart(channel, start, (heard) => knownRefusal(login, heard));
    const consumed = begun.then((instead) => {
      if (instead !== undefined) return;
      if (command.consume !== undefined) return command.consume(channel);
      stdout.read(channel);
    });
    Promise.all([exitCode(session, what), begun, consumed])
      .then(([code, instead]) => {
        if (instead !== undefined) throw notRun(login, what, `${instead}\n${stderr.text()}`, code);
        resolve({ code, stdout: stdout.text(), stderr: stderr.text() });
      })
      .catch(reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
    feed(session, command.stdin, reject);
  });
}

function feed({ channel }: Session, stdin: Command["stdin"], onError: (error: unknown) => void): void {
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) {
    channel.end(stdin);
    return;
  }
  async function* watched(source: AsyncIterable<Uint8Array>) {
    try {
      yield* source;
    } catch (error) {
      onError(error);
      throw error;
    }
  }
  // Only what goes wrong on this side is news: a program may well end without having read everything.
  pipeline(Readable.from(watched(stdin)), channel).catch(() => {});
}

/** Collects one stream, decoding it piece by piece without tearing characters apart. */
class Collector {
  readonly #stream: "stdout" | "stderr";
  readonly #room: { left: number };
  readonly #command: Command;
  readonly #what: string;
  readonly #reject: (error: MachinistError) => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #pieces: string[] = [];

  constructor(
    stream: "stdout" | "stderr",
    room: { left: number },
    command: Command,
    what: string,
    reject: (error: MachinistError) => void,
  ) {
    this.#stream = stream;
    this.#room = room;
    this.#command = command;
    this.#what = what;
    this.#reject = reject;
  }

  read(source: Readable): this {
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    return this;
  }

  text(): string {
    this.#add(this.#decoder.end());
    return this.#pieces.join("");
  }

  #take(chunk: Buffer): void {
    this.#room.left -= chunk.length;
    if (this.#room.left >= 0) {
      this.#add(this.#decoder.write(chunk));
      return;
    }
    this.#pieces.length = 0;
    this.#reject(
      new MachinistError("ssh.output", `${this.#what} wrote more than ${MOST_OUTPUT / 1024 / 1024} MiB of output`, {
        hint: "Write it to a file on the host, and copy that.",
      }),
    );
  }

  #add(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#command.onOutput?.(text, this.#stream);
  }
}

function tooLate(machine: string, what: string, ms: number): MachinistError {
  return new MachinistError(
    "ssh.timeout",
    `${what} did not finish on ${machine} within ${Math.round(ms / 100) / 10} s`,
    {
      hint: "It was told to stop. Look on the host what it waited for.",
    },
  );
}
