import { spawn } from "node:child_process";
import type { Endpoint } from "@machinist/core";

export interface Execution {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program in a host with the real ssh; its key must be the known one. */
export async function execute(endpoint: Endpoint, identity: string, argv: readonly string[]): Promise<Execution> {
  const { host, port, user, hostKeys } = endpoint;
  const known = (hostKeys ?? []).map((key) => `${host} ${key}`).join("\n");
  return local([
    "ssh",
    ...["-i", identity, "-p", String(port), "-l", user],
    ...["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10", "-o", "IdentitiesOnly=yes"],
    ...[
      "-o",
      "StrictHostKeyChecking=yes",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "GlobalKnownHostsFile=/dev/null",
    ],
    ...["-o", `KnownHostsCommand=/usr/bin/printf %%s\\\\n "${known}"`],
    host,
    "--",
    argv.map(quote).join(" "),
  ]);
}
execute.local = local;

/** Run a program here; every output is kept. */
export function local(argv: readonly string[]): Promise<Execution> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? (signal ? 255 : 1), stdout, stderr }));
  });
}

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
