import { type ChildProcess, spawn } from "node:child_process";
import { asMachinistError, cancelled, MachinistError } from "@machinist/core";
import { lastWords } from "@machinist/programs";
import { LineGate } from "../line-gate.ts";
import { kill } from "./stray.ts";

export interface PluginProgram {
  /** The driver's name: what follows `docker-machine-driver-`. */
  readonly name: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A plugin that runs and has said where it listens. */
export interface PluginProcess {
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has ended, whatever for. */
  readonly ended: Promise<void>;
  /** Its last words on stderr, for errors. */
  lastWords(): string;
  /** End it: in order where it hears that, else by force. Safe to call twice. */
  end(): Promise<void>;
}

/** What docker-machine's plugins look for, so that they do not run by accident. */
const token = "42";
const ADDRESS_MS = 10_000;
/** It has been told to close before, and takes its leave by itself. */
const LEAVE_MS = 1000;
/** A line is cut there: a plugin that floods must not fill our memory. */
const MOST_LINE = 4096;
const MOST_STDERR = 16_384;

/** Start it. Throws `plugin.start` where it does not say where it listens within 10 s, with its own last words. */
export async function startPlugin(
  { name, path, env }: PluginProgram,
  { signal, log }: { readonly signal: AbortSignal; readonly log: (line: string, isDebug: boolean) => void },
): Promise<PluginProcess> {
  if (signal.aborted) throw cancelled(signal);
  const child = spawn(path, [], {
    env: { ...env, MACHINE_PLUGIN_TOKEN: token, MACHINE_PLUGIN_DRIVER_NAME: name },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, which is ended as a whole.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  let words = "";
  const gate = new LineGate();
  const tell = (line: string, isDebug: boolean) =>
    gate.pass(
      line,
      (passed) => log(passed, isDebug),
      (sentence) => log(sentence, false),
    );
  bounded(child.stderr!, (line) => {
    words = `${words}${line}\n`.slice(-MOST_STDERR);
    tell(line, true);
  });
  const end = () => endChild(child, ended);
  try {
    const port = await addressOf(child, signal, (line) => tell(line, false));
    return { port, pid: child.pid ?? 0, ended, lastWords: () => lastWords(words), end };
  } catch (thrown) {
    killAll(child);
    await ended;
    const error = asMachinistError(thrown);
    if (error.code === "cancelled") throw error;
    throw notStarted(name, path, lastWords(words) || error.message);
  }
}

/** The first line is `127.0.0.1:PORT`; those after it are for the user. */
function addressOf(child: ChildProcess, signal: AbortSignal, onLine: (line: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let port: number | undefined;
    const fail = (why: string) => reject(new MachinistError("plugin.start", why));
    const timer = setTimeout(() => fail(`it did not say where it listens within ${ADDRESS_MS / 1000} s`), ADDRESS_MS);
    const onAbort = () => reject(cancelled(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    child.once("error", ({ message }) => fail(message));
    child.once("close", (code, by) => fail(`it ended at once (${by ?? `exit code ${code}`})`));
    bounded(child.stdout!, (line) => {
      if (port !== undefined) return onLine(line);
      port = Number(/^127\.0\.0\.1:(\d{1,5})$/.exec(line.trim())?.[1] ?? 0);
      settle();
      if (port > 0) resolve(port);
      else fail(`it said ${JSON.stringify(line.slice(0, 80))} where its address was expected`);
    });
  });
}

/** Lines, each cut to a length that memory can bear, and read as fast as they come so that the plugin never waits. */
function bounded(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("error", () => {});
  stream.on("data", (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!.slice(0, MOST_LINE);
    for (const line of lines) onLine(line.slice(0, MOST_LINE));
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

async function endChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const timer = setTimeout(() => killAll(child), LEAVE_MS);
  await ended;
  clearTimeout(timer);
}

function killAll({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(pid);
}

const notStarted = (name: string, path: string, why: string): MachinistError =>
  new MachinistError("plugin.start", `The plugin of driver ${name} does not start: ${why}`, {
    hint: `Run it by itself, it should say that it is a plugin: ${path}`,
  });
