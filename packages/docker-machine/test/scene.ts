import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { run } from "../src/app.ts";
import type { Io } from "../src/io.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What happens in the store or beside it before a command. */
export type Setup =
  | { readonly op: "mkdir" | "rm"; readonly path: string }
  | { readonly op: "write"; readonly path: string; readonly content: string }
  | { readonly op: "edit"; readonly path: string; readonly from: string; readonly to: string }
  | { readonly op: "docker-tls"; readonly machine: string; readonly listen: string; readonly version: string };

/** A home with a store, in which commands are run one after the other. */
export class Scene {
  readonly home = mkdtempSync(join(tmpdir(), "docker-machine-"));
  readonly store = join(this.home, ".docker", "machine");
  /** What the sources take this computer for. */
  platform: NodeJS.Platform = "linux";
  readonly #closing: (() => void)[] = [];
  readonly #argv: readonly string[] | undefined;

  /** `argv`: a program that runs as a process, and its first words; otherwise the sources run in this one. */
  constructor(argv?: readonly string[]) {
    this.#argv = argv;
  }

  async close(): Promise<void> {
    for (const close of this.#closing) close();
    rmSync(this.home, { recursive: true, force: true });
  }

  async run(
    words: readonly string[],
    env: Record<string, string | null> = {},
    stdin: string | AsyncIterable<string> = "",
    signal = new AbortController().signal,
  ): Promise<Said> {
    const all: Record<string, string | undefined> = { HOME: this.home, SHELL: "/bin/bash", PATH: process.env.PATH };
    for (const [name, value] of Object.entries(env)) all[name] = value ?? undefined;
    if (this.#argv !== undefined) return this.#process([...this.#argv, ...words], all, stdin, signal);
    let stdout = "";
    let stderr = "";
    const io: Io = {
      env: all,
      cwd: this.home,
      platform: this.platform,
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      stdin: (async function* () {
        if (typeof stdin !== "string") yield* stdin;
        else if (stdin !== "") yield stdin;
      })(),
      suspendTerminal: (program, args) =>
        new Promise((resolve, reject) => {
          const child = spawn(program, args, { env: all as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] });
          child.stdout.on("data", (piece) => io.out(String(piece)));
          child.stderr.on("data", (piece) => io.err(String(piece)));
          child.on("error", reject);
          child.on("close", (code) => resolve(code ?? 255));
        }),
      signal,
    };
    const code = await run(words, io, () => import("../src/backend/index.ts"));
    return { code, stdout, stderr };
  }

  #process(
    argv: readonly string[],
    env: NodeJS.ProcessEnv,
    stdin: string | AsyncIterable<string>,
    signal: AbortSignal,
  ): Promise<Said> {
    return new Promise((resolve, reject) => {
      const child = spawn(argv[0]!, argv.slice(1), { cwd: this.home, env, signal, stdio: "pipe" });
      const told = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const)
        child[name].setEncoding("utf8").on("data", (piece: string) => {
          told[name] += piece;
        });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? 255, ...told }));
      // One that asks nothing may have ended by now.
      child.stdin.on("error", () => {});
      if (typeof stdin === "string") child.stdin.end(stdin);
      else Readable.from(stdin).pipe(child.stdin);
    });
  }

  async prepare(step: Setup): Promise<void> {
    switch (step.op) {
      case "mkdir":
        mkdirSync(step.path, { recursive: true, mode: 0o700 });
        return;
      case "rm":
        rmSync(step.path, { recursive: true, force: true });
        return;
      case "write":
        mkdirSync(dirname(step.path), { recursive: true, mode: 0o700 });
        writeFileSync(step.path, step.content);
        return;
      case "edit": {
        const before = readFileSync(step.path, "utf8");
        if (!before.includes(step.from)) throw new Error(`${step.path} does not hold ${step.from}`);
        writeFileSync(step.path, before.replace(step.from, step.to));
        return;
      }
      case "docker-tls":
        return this.#docker(step.machine, step.listen, step.version);
    }
  }

  /** A Docker that knows its version, with the machine's own certificates, for clients of this store. */
  async #docker(machine: string, listen: string, version: string): Promise<void> {
    const folder = join(this.store, "machines", machine);
    const pem = (name: string) => readFileSync(join(folder, name));
    const server = createServer(
      {
        cert: pem("server.pem"),
        key: pem("server-key.pem"),
        ca: pem("ca.pem"),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (_request, answer) => answer.end(JSON.stringify({ Version: version })),
    );
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(listen) ?? [];
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(Number(port), host, resolve);
    });
    this.#closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
  }
}

/** Ports of four digits that nobody listens on, so that tables are as wide as they were recorded. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count && tries < 200; tries++) {
    const port = 4000 + Math.floor(Math.random() * 5900);
    if (!found.includes(port) && (await isFree(port))) found.push(port);
  }
  return found;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createTcp();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
