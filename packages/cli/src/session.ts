import type { Run } from "@machinist/core";
import type { Machinist, Outcome } from "@machinist/fleet";
import { jsonText, sanitize } from "@machinist/terminal-text";
import { exitCodes, type UserError } from "./failure.ts";
import type { Globals } from "./globals.ts";
import type { Io } from "./io.ts";
import type { Renderer } from "./render/renderer.ts";
import type { Services } from "./services.ts";
import { type Style, styleOf, wantsColour } from "./style.ts";

/** One invocation: what was asked for globally, the world, and the store once it is needed. */
export class Session {
  readonly io: Io;
  readonly globals: Globals;
  readonly services: Services;
  readonly style: Style;
  readonly errorStyle: Style;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;

  readonly #stop = new AbortController();
  readonly #stopListening: () => void;
  /** The command line, for the audit log and for what is looked up in the store before it is opened. */
  readonly words: readonly string[];
  #machinist: Promise<Machinist> | undefined;
  #renderer: Renderer | undefined;
  #working = false;

  constructor(io: Io, globals: Globals, services: Services, words: readonly string[] = []) {
    this.words = words;
    this.io = io;
    this.globals = globals;
    this.services = services;
    this.style = styleOf(wantsColour(globals.color, io.env, io.stdout.isTTY));
    this.errorStyle = styleOf(wantsColour(globals.color, io.env, io.stderr.isTTY));
    this.signal = this.#stop.signal;
    this.#stopListening = io.onInterrupt(() => this.#interrupted());
  }

  /** The store, opened on first use. `secrets`: variables that were given by flag, for that first use. */
  machinist(secrets: Readonly<Record<string, string>> = {}): Promise<Machinist> {
    const { storagePath, concurrency } = this.globals;
    this.#machinist ??= this.services.open({
      env: { ...this.io.env, ...secrets },
      command: this.words,
      ...(storagePath !== undefined && { storagePath }),
      ...(concurrency !== undefined && { concurrency }),
    });
    return this.#machinist;
  }

  /** A line of the command's result. */
  print(line = ""): void {
    this.io.stdout.write(`${line}\n`);
  }

  /** The result itself, for programs. */
  printJson(value: unknown): void {
    this.print(jsonText(value, 2));
  }

  /** A value that a program may want to the byte: it gets it so, and a terminal what it can be shown of it. */
  printValue(value: string): void {
    if (this.io.stdout.isTTY) this.print(value);
    else this.io.stdout.raw(`${value}\n`);
  }

  /** Something worth knowing that is no result. */
  warn(sentence: string): void {
    const { errorStyle: style } = this;
    if (this.globals.json) this.io.stderr.write(`${jsonText({ type: "warning", message: sentence })}\n`);
    else this.io.stderr.write(`${style.yellow("warning:")} ${sanitize(sentence)}\n`);
  }

  /** Something a person at the terminal may want to know; not with `--quiet` or `--json`. */
  note(sentence: string): void {
    if (!this.globals.quiet && !this.globals.json) this.io.stderr.write(`${sanitize(sentence)}\n`);
  }

  /** `error: SENTENCE (code)` and its hint, or one JSON object. */
  error(told: UserError & { readonly id?: string }): void {
    const { errorStyle: style, globals } = this;
    const { stack, check: _, ...plain } = told;
    if (globals.json) {
      const shown = globals.debug && stack !== undefined ? { ...plain, stack } : plain;
      this.io.stderr.write(`${jsonText({ type: "error", ...shown })}\n`);
      return;
    }
    const [first = "", ...more] = sanitize(told.message).split("\n");
    const about = told.id === undefined || told.id === "" ? "" : `${told.id}: `;
    this.io.stderr.write(`${style.red("error:")} ${about}${first} ${style.dim(`(${told.code})`)}\n`);
    for (const line of more) this.io.stderr.write(`${line}\n`);
    if (told.hint) this.io.stderr.write(`${style.cyan("hint:")} ${sanitize(told.hint)}\n`);
    if (globals.debug && stack !== undefined) this.io.stderr.write(`${style.dim(sanitize(stack))}\n`);
  }

  /** Show an operation until it has ended. The terminal is whole again when this resolves or throws. */
  async follow(run: Run<Outcome>, renderer: Renderer): Promise<Outcome> {
    this.#renderer = renderer;
    this.#working = true;
    // Awaited below; until then its rejection must not count as unhandled.
    run.result.catch(() => {});
    try {
      for await (const event of run) renderer.show(event);
      return await run.result;
    } finally {
      this.#working = false;
      this.#renderer = undefined;
      renderer.end();
    }
  }

  /** Have the terminal for a question, also while an operation is shown. */
  pause(): void {
    this.#renderer?.pause?.();
  }

  async close(): Promise<void> {
    this.#stopListening();
    const machinist = await this.#machinist?.catch(() => undefined);
    await machinist?.[Symbol.asyncDispose]();
  }

  /** The first time: stop in order. The second time: at once, but with the terminal as it was. */
  #interrupted(): void {
    if (this.signal.aborted) {
      this.#renderer?.end();
      this.io.exit(exitCodes.interrupted);
      return;
    }
    if (this.#working) this.note("stopping: what is begun is finished or can be resumed (Ctrl-C again: stop at once)");
    this.#stop.abort();
  }
}
