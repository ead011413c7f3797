import { type ChildProcess, spawn } from "node:child_process";
import { cancelled, type Data, type Json, MachinistError } from "@machinist/core";
import { lastWords } from "@machinist/programs";
import { LineGate } from "../line-gate.ts";
import { parseLine } from "./line.ts";
import type { Line } from "./protocol.ts";
import { refusal } from "./refusal.ts";

/** How a driver's program is started. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It was ended by force: end what it left behind elsewhere. */
  readonly abandon?: () => void;
}

export interface ProgramOptions {
  /** What it is called in errors. */
  readonly name: string;
  /** Called each time that the program is started. */
  readonly launch: () => Launch;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Notes that the driver sends while it is at work. What it answers, the driver is told. */
  readonly onNote?: (method: string, params: Data, gate: LineGate) => Promise<void> | void;
  readonly onStderr?: (line: string) => void;
}

interface Waiting {
  readonly onNote: RequestOptions["onNote"];
  readonly onStderr: RequestOptions["onStderr"];
  settle(result: Promise<unknown>): void;
}

/** It is ended when nothing was asked of it for so long, in ms: a program that waits for nothing must not keep us. */
const IDLE_MS = 500;
/** After it was told to stop a call, or to end. */
const GRACE_MS = 5000;
const MOST_LINE = 4 * 2 ** 20;
const MOST_STDERR = 16_384;

/**
 * A driver's program, spoken to in lines of JSON-RPC on its stdin and stdout. It is started when it is needed and ended when it
 * no longer is; calls overlap.
 */
export class JsonProgram {
  readonly #options: ProgramOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #next = 1;
  #stderr = "";
  /** Of all that it says while calls are under way. */
  readonly #gate = new LineGate();

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Throws `plugin.*`, `cancelled`, and with the code that the driver gives where it is one that machinist acts upon. */
  async request(method: string, params: Data, { signal, onNote, onStderr }: RequestOptions = {}): Promise<Json> {
    if (signal?.aborted) throw cancelled(signal);
    const child = this.#running();
    const id = this.#next++;
    const onAbort = () => {
      this.#send({ method: "cancel", params: { id } });
      // One that does not listen is ended; what it had begun is found by its owner tag.
      setTimeout(() => {
        if (this.#waiting.has(id)) child.kill("SIGKILL");
      }, GRACE_MS).unref();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        const settle = (result: Promise<unknown>) => {
          this.#waiting.delete(id);
          result.then(resolve, reject);
        };
        this.#waiting.set(id, { onNote, onStderr, settle });
        this.#send({ id, method, params });
      })) as Json;
    } catch (thrown) {
      throw signal?.aborted ? cancelled(signal) : thrown;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#rest();
    }
  }

  #send(message: object): void {
    this.#child?.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #rest(): void {
    if (this.#waiting.size > 0) return;
    const child = this.#child;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#child === child) this.#child = undefined;
      child?.stdin?.end();
      setTimeout(() => child?.kill("SIGKILL"), GRACE_MS).unref();
    }, IDLE_MS);
    this.#idle.unref();
    child?.unref();
    for (const stream of [child?.stdin, child?.stdout, child?.stderr])
      (stream as { unref?: () => void } | null)?.unref?.();
  }

  #running(): ChildProcess {
    clearTimeout(this.#idle);
    const child = this.#child ?? this.#start();
    this.#child = child;
    child.ref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { ref?: () => void } | null)?.ref?.();
    return child;
  }

  #start(): ChildProcess {
    const { argv, env, abandon } = this.#options.launch();
    const [file = "", ...args] = argv;
    const child = spawn(file, args, { env, stdio: "pipe", windowsHide: true });
    child.stdin.on("error", () => {});
    this.#stderr = "";
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(child, line);
      if (rest.length > MOST_LINE) this.#give(child, rubbish(this.#options.name, "a line without an end"));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
      const lines: string[] = [];
      const keep = (line: string) => void lines.push(line);
      for (const line of text.split("\n")) if (line !== "") this.#gate.pass(line, keep, keep);
      for (const { onStderr } of this.#waiting.values()) for (const line of lines) onStderr?.(line);
    });
    const over = (why: string) => {
      if (this.#child !== child) return;
      this.#fail(child, lost(this.#options.name, lastWords(this.#stderr) || why));
    };
    child.on("error", ({ message }) => over(message));
    child.on("close", (code, by) => {
      if (by === "SIGKILL") abandon?.();
      over(`it ended (${by ?? `exit code ${code}`})`);
    });
    return child;
  }

  #take(child: ChildProcess, text: string): void {
    if (text.trim() === "") return;
    const line = parseLine(text);
    if (line === undefined) {
      this.#give(child, rubbish(this.#options.name, JSON.stringify(text.slice(0, 80))));
      return;
    }
    if (line.method !== undefined) void this.#note(line);
    else {
      const waiting = this.#waiting.get(line.id ?? 0);
      waiting?.settle(
        line.error ? Promise.reject(refusal(this.#options.name, line.error)) : Promise.resolve(line.result),
      );
    }
  }

  /** A note belongs to a call; one with an id wants an answer before the driver goes on. */
  async #note({ id, method = "", params = {} }: Line): Promise<void> {
    const waiting = typeof params.call === "number" ? this.#waiting.get(params.call) : undefined;
    try {
      await waiting?.onNote?.(method, params, this.#gate);
      if (id !== undefined) this.#send({ id, result: null });
    } catch (thrown) {
      if (id !== undefined) this.#send({ id, error: { code: -32000, message: (thrown as Error).message } });
    }
  }

  #give(child: ChildProcess, error: MachinistError): void {
    this.#fail(child, error);
    child.kill("SIGKILL");
  }

  #fail(child: ChildProcess, error: MachinistError): void {
    if (this.#child === child) this.#child = undefined;
    for (const waiting of [...this.#waiting.values()]) waiting.settle(Promise.reject(error));
  }
}

const lost = (name: string, why: string): MachinistError =>
  new MachinistError("plugin.lost", `The program of driver ${name} ended in the middle of its work: ${why}`, {
    retryable: true,
    hint: "Run the same command again; what it had begun is found by its mark",
  });

const rubbish = (name: string, what: string): MachinistError =>
  new MachinistError("plugin.protocol", `The program of driver ${name} sent what is no line of JSON-RPC: ${what}`, {
    hint: "Its stdout is for the protocol alone; whatever else it has to say belongs on stderr",
  });
