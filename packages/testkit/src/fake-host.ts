import { posix } from "node:path";
import { Readable } from "node:stream";
import { type Endpoint, type Host, MachinistError, type Output, type RunOptions } from "@machinist/core";

/** One thing that was asked of a fake host, in order. */
export interface FakeCall {
  readonly type: "run" | "script" | "write" | "upload" | "download" | "forward" | "shell";
  /** The command line of `run` and `shell`; `$1…` of a script; the paths of the others. */
  readonly argv: readonly string[];
  /** The text of a script. */
  readonly script?: string;
  readonly stdin?: string;
  readonly sudo: boolean;
}

export interface FakeFile {
  readonly content: Uint8Array;
  readonly mode: number;
  readonly sudo: boolean;
}

/** What a rule answers with: the standard output, or any part of an Output (the rest is empty, code 0). */
export type FakeAnswer = string | Partial<Output>;

/**
 * How a fake host answers some calls. The first rule that matches wins; what no rule matches is answered with code 127,
 * as by a shell that does not know the command.
 */
export interface FakeRule {
  /** Part of the text that {@link describeFakeCall} gives, a pattern for it, or a test of the call itself. */
  readonly when: string | RegExp | ((call: FakeCall) => boolean);
  /** May throw, wait, or change `host.files`, as the real program would. */
  readonly answer: FakeAnswer | ((call: FakeCall, host: FakeHost) => FakeAnswer | Promise<FakeAnswer>);
}

export interface FakeHostOptions {
  /** Default `fake-1`. */
  readonly name?: string;
  /** Default 192.0.2.10, port 22, user root. */
  readonly endpoint?: Partial<Endpoint>;
}

/** A {@link Host} without a host: nothing runs, everything is recorded. */
export interface FakeHost extends Host {
  readonly files: Map<string, FakeFile>;
  readonly calls: readonly FakeCall[];
  /** Add a rule that is asked before all earlier ones. */
  on(when: FakeRule["when"], answer: FakeRule["answer"]): void;
  /** What was asked so far, one call a block: text for golden files. Contents of files are left out, sizes are not. */
  transcript(): string;
}

/** One call as text: `# run as root: apt-get update`, scripts with their text indented below. */
export function describeFakeCall(call: FakeCall): string {
  const words = call.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
  const head = `# ${call.type}${call.sudo ? " as root" : ""}: ${words}`.trimEnd();
  const body = call.script === undefined ? "" : `\n${call.script.trimEnd().replace(/^(?=.)/gm, "    ")}`;
  return head + body;
}

/**
 * A host that lives in memory, for the tests of steps, kinds and drivers.
 *
 * ```ts
 * const host = createFakeHost([{ when: "apt-get install", answer: { code: 100, stderr: "E: no such package" } }]);
 * await host.run(["apt-get", "install", "x"], { sudo: true });
 * host.transcript(); // "# run as root: apt-get install x\n"
 * ```
 */
export function createFakeHost(rules: readonly FakeRule[] = [], options: FakeHostOptions = {}): FakeHost {
  const all = [...rules];
  const calls: FakeCall[] = [];
  const files = new Map<string, FakeFile>();

  const ask = async (call: FakeCall, signal?: AbortSignal, onOutput?: RunOptions["onOutput"]): Promise<Output> => {
    signal?.throwIfAborted();
    calls.push(call);
    const rule = all.find((candidate) => matches(candidate.when, call));
    const given =
      rule === undefined
        ? { code: 127, stderr: `${call.argv[0] ?? "sh"}: not found` }
        : typeof rule.answer === "function"
          ? await rule.answer(call, host)
          : rule.answer;
    signal?.throwIfAborted();
    const output = { code: 0, stdout: "", stderr: "", ...(typeof given === "string" ? { stdout: given } : given) };
    if (output.stdout) onOutput?.(output.stdout, "stdout");
    if (output.stderr) onOutput?.(output.stderr, "stderr");
    return output;
  };
  const record = (type: FakeCall["type"], argv: readonly string[], sudo = false): void => {
    calls.push({ type, argv, sudo });
  };

  const host: FakeHost = {
    name: options.name ?? "fake-1",
    endpoint: { host: "192.0.2.10", port: 22, user: "root", ...options.endpoint },
    files,
    calls,
    on: (when, answer) => {
      all.unshift({ when, answer });
    },
    transcript: () => calls.map((call) => `${describeFakeCall(call)}\n`).join(""),
    run: async (argv, { stdin, sudo = false, signal, onOutput } = {}) => {
      const whole = stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array;
      const given = whole ? stdin : await gathered(stdin);
      const text = given === undefined ? {} : { stdin: typeof given === "string" ? given : decode(given) };
      return ask({ type: "run", argv, sudo, ...text }, signal, onOutput);
    },
    script: (script, argv = [], { sudo = false, signal, onOutput } = {}) =>
      ask({ type: "script", argv, script, sudo }, signal, onOutput),
    write: async (path, content, { mode = 0o644, sudo = false, signal } = {}) => {
      signal?.throwIfAborted();
      record("write", [path, mode.toString(8)], sudo);
      files.set(path, { content: typeof content === "string" ? Buffer.from(content) : content, mode, sudo });
    },
    upload: async (from, into, { sudo = false, signal } = {}) => {
      signal?.throwIfAborted();
      record("upload", [into, ...from.keys()], sudo);
      for (const path of from.keys())
        files.set(posix.join(into, path), { content: new Uint8Array(), mode: 0o644, sudo });
    },
    download: async (remote, local) => record("download", [remote, local]),
    forward: async (target, port) => {
      record("forward", [`${target}:${port}`]);
      throw new MachinistError("ssh.forward", "A fake host forwards nothing");
    },
    shell: async (terminal, argv = []) => {
      record("shell", argv);
      Readable.from([""]).pipe(terminal.stdout, { end: false });
      return 0;
    },
    close: async () => {},
  };
  return host;
}

function matches(when: FakeRule["when"], call: FakeCall): boolean {
  if (typeof when === "function") return when(call);
  const text = describeFakeCall(call);
  return typeof when === "string" ? text.includes(when) : when.test(text);
}

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
