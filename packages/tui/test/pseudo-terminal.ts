import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** `script` of util-linux gives a program a terminal of its own and passes bytes both ways. */
export const hasScript = spawnSync("script", ["--version"]).status === 0;

/** Until then what is waited for has come, or never will. */
const deadlineMs = 120_000;
/** The end of what a terminal is to show together. */
const frameEnd = "\x1b[?2026l";

/** A program at a pseudo terminal, with the times at which bytes came. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(text: string) => void>();
  readonly began = performance.now();
  /** Resolves when the program has left, and `script` with it. */
  readonly ended: Promise<void>;
  text = "";
  bytes = 0;
  /** How many pictures were drawn: each is shown at once, by a mark at its end. */
  frames = 0;

  constructor(argv: readonly string[], columns: number, rows: number, env: NodeJS.ProcessEnv) {
    const line = `stty cols ${columns} rows ${rows}; exec ${argv.map((word) => `'${word}'`).join(" ")}`;
    this.#child = spawn("script", ["-qfec", line, "/dev/null"], { env: { ...env, SHELL: "/bin/sh" }, stdio: "pipe" });
    this.ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
    this.#child.stdout!.setEncoding("utf8");
    this.#child.stdout!.on("data", (piece: string) => {
      this.text = (this.text + piece).slice(-400_000);
      this.bytes += Buffer.byteLength(piece);
      this.frames += piece.split(frameEnd).length - 1;
      for (const listener of this.#listeners) listener(piece);
    });
  }

  write(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** ms since the start until this was written to the terminal. */
  async sees(text: string | RegExp, timeoutMs = deadlineMs): Promise<number> {
    const found = () => (typeof text === "string" ? this.text.includes(text) : text.test(this.text));
    if (found()) return performance.now() - this.began;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never saw ${text}: ${this.text.slice(-2000)}`)), timeoutMs);
      const listener = () => {
        if (!found()) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(performance.now() - this.began);
      };
      this.#listeners.add(listener);
    });
  }

  /** ms until a picture comes that shows where the cursor is: the row under it is drawn reversed. */
  async answers(key: string): Promise<number> {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(key)}`)), deadlineMs);
      const listener = (piece: string) => {
        if (!piece.includes("\x1b[7m")) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(performance.now() - began);
      };
      this.#listeners.add(listener);
      this.write(key);
    });
  }

  /** The program itself, below `script`. */
  get pid(): number {
    const children = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return Number(children(this.#child.pid!)[0]);
  }

  end(): Promise<void> {
    this.#child.kill();
    return this.ended;
  }
}

const ticksPerSecond = 100;

/** Seconds of a core that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** MB that a process holds now, and the most it ever held. */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: of("VmRSS"), most: of("VmHWM") };
}
