import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { packedCommand } from "../../scripts/setup/packed.mjs";

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Setting {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words that the program's own command line is put after: `setpriv …`. */
  readonly under?: readonly string[];
}

/** The published program as a process, with a home, a store and a working folder of its own. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "machinist-bad-"));
  readonly store: string;
  readonly cwd: string;

  /** The file that node is given. */
  readonly entry: string;

  /** `command`: machinist, or its drop-in. */
  constructor(store?: string, command: "machinist" | "docker-machine" = "machinist") {
    this.entry = packedCommand(command);
    this.store = store ?? join(this.folder, "store");
    this.cwd = join(this.folder, "work");
    mkdirSync(this.cwd);
  }

  /** A file in the working folder; answers its path. */
  file(name: string, content: string | Uint8Array, mode = 0o644): string {
    writeFileSync(join(this.cwd, name), content, { mode });
    return join(this.cwd, name);
  }

  start(args: readonly string[], { cwd = this.cwd, env, under = [] }: Setting = {}) {
    const words = [...under, process.execPath, this.entry, ...args];
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      // Nothing of the tester's: no agent, no options in variables, no other store.
      env: {
        PATH: process.env.PATH ?? "",
        HOME: this.folder,
        MACHINE_STORAGE_PATH: this.store,
        DOCKER_CONFIG: join(this.folder, "docker"),
        NO_COLOR: "1",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = { stdout: "", stderr: "" };
    child.stdout.on("data", (text) => {
      told.stdout += text;
    });
    child.stderr.on("data", (text) => {
      told.stderr += text;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (exit) => {
        const done = () => resolve({ exit, ...told });
        child.once("close", done);
        // A machine that lives on may hold the pipe open.
        setTimeout(done, 500).unref();
      });
    });
    return { child, ended, told };
  }

  run(args: readonly string[], setting?: Setting): Promise<Ended> {
    return this.start(args, setting).ended;
  }

  /** Run what has to succeed. */
  async must(args: readonly string[], setting?: Setting): Promise<Ended> {
    const ended = await this.run(args, setting);
    expect(ended.exit, `${args.join(" ")}: ${ended.stdout}${ended.stderr}`).toBe(0);
    return ended;
  }

  /** Every file of the store with its content, but for locks, which come and go, and the journals of what was tried. */
  saved(): Record<string, string> {
    if (!existsSync(this.store)) return {};
    const files = readdirSync(this.store, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const paths = files.map((each) => join(each.parentPath, each.name).slice(this.store.length + 1));
    const kept = paths.filter((path) => !/^(locks\/|(audit|events)[^/]*\.jsonl)/.test(path)).sort();
    return Object.fromEntries(kept.map((path) => [path, readFileSync(join(this.store, path), "utf8")]));
  }

  /** Names of the machines there are. */
  async names(): Promise<string[]> {
    return (await this.must(["ls", "-q"])).stdout.split("\n").filter(Boolean);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An engine of somebody else's: a machine without a host, made in no time. */
export const engineOnly = ["create", "-d", "none", "--none-url", "tcp://127.0.0.1:1"] as const;

export interface Failure {
  readonly exit: number;
  readonly code: string;
  /** Part of what is said. */
  readonly says?: string | RegExp;
  readonly hint?: string | RegExp;
}

/** A failure as it should be told: the exit code, a sentence with its code, a hint, and nothing of our insides. */
export function expectFailure(ended: Ended, { exit, code, says = "", hint = "" }: Failure): void {
  const all = `${ended.stdout}${ended.stderr}`;
  expect(ended.exit, all).toBe(exit);
  expect(ended.stderr).toMatch(/^error: \S.* \([a-z-]+\.[a-z-]+\)$/m);
  expect(ended.stderr).toContain(`(${code})`);
  expect(ended.stderr).toMatch(says);
  const hints = [...ended.stderr.matchAll(/^hint: (\S.*)$/gm)].map(([, text]) => text);
  expect(hints, all).not.toEqual([]);
  expect(hints.join("\n")).toMatch(hint);
  expectNoInsides(all);
}

/** No stack, no value that nobody meant to show. */
export function expectNoInsides(text: string): void {
  expect(text).not.toMatch(/^\s+at |\(internal\)|\[object |\bundefined\b|\bNaN\b|node:internal/m);
}
