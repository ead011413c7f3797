import { spawn } from "node:child_process";
import { MachinistError } from "@machinist/core";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Folders where programs are found even if the caller's PATH leaves them out; the second is Homebrew's. */
const FOLDERS = ["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

export const searchPath = (env: Readonly<Record<string, string | undefined>>): string =>
  [...new Set([...(env.PATH ?? "").split(":").filter((each) => each !== ""), ...FOLDERS])].join(":");

/** Run a program without a shell and tell how it ended; `code` is null when time was up. Throws where it cannot be run. */
export function attempt(
  argv: readonly string[],
  options: { signal?: AbortSignal; timeoutMs?: number; cwd?: string } = {},
): Promise<Ended> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: searchPath(process.env), LC_ALL: "C" },
      timeout: options.timeoutMs ?? 30_000,
      killSignal: "SIGKILL",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: AbortSignal.any([options.signal]) }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.name === "AbortError") return reject(cause);
      reject(
        new MachinistError("qemu.missing", `${program} cannot be run (${cause.code ?? cause.message})`, {
          cause,
          hint: installHint(program),
        }),
      );
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Run a program that must succeed. Throws `qemu.command` with its last words. */
export async function run(argv: readonly string[], options: Parameters<typeof attempt>[1] = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(argv, options);
  if (code === 0) return stdout;
  const how = code === null ? "did not end in time" : `failed (${code})`;
  throw new MachinistError("qemu.command", `${argv[0]} ${how}: ${lastWords(stderr)}`, { retryable: code === null });
}

export const lastWords = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-2)
    .join(" | ") || "it said nothing";

export function installHint(program: string): string {
  if (process.platform === "darwin") return "brew install qemu";
  const debian =
    program === "qemu-img"
      ? "qemu-utils"
      : program.endsWith("aarch64")
        ? "qemu-system-arm qemu-efi-aarch64"
        : "qemu-system-x86";
  return `apt-get install ${debian}`;
}
