import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * The one place where tests find Go: $MACHINIST_GO, else the `go` on PATH. Any from 1.19 on (Debian 12's) will do; another
 * is tried with `MACHINIST_GO=/usr/lib/go-1.19/bin/go pnpm unit packages/go-template`.
 */
const command = process.env.MACHINIST_GO ?? "go";
const folder = fileURLToPath(new URL("../../.work/go", import.meta.url));

/** Nothing is fetched, and nobody's own settings of Go decide; without cgo no C compiler is asked for. */
const env = {
  ...process.env,
  ...{ CGO_ENABLED: "0", GO111MODULE: "off", GOFLAGS: "", GOCACHE: join(folder, "cache") },
};

const { stdout, status } = spawnSync(command, ["version"], { env, encoding: "utf8" });
const found = status === 0 ? /\bgo(1\.(\d+)\S*)/.exec(stdout) : null;
if (found === null && process.env.MACHINIST_GO !== undefined) throw new Error(`MACHINIST_GO=${command} is no Go.`);

/** "Go 1.26.8", for the names of tests: whom they asked. */
export const goName = found === null ? "Go" : `Go ${found[1]}`;

/** 26 of Go 1.26.8. */
export const goMinor = Number(found?.[2] ?? 0);

/** Why there is no Go to ask; undefined where there is one. */
export const goMissing = found === null ? "there is no go here" : undefined;

/**
 * The program that one Go source makes. It is kept under a name that tells what it was made of, and who wants it while it is
 * being made waits: nothing is compiled twice, nor is Go's own library, which up to a minute goes into at first.
 */
export async function compiled(source: string): Promise<string> {
  const madeOf = createHash("sha256").update(stdout).update(readFileSync(source)).digest("hex").slice(0, 16);
  const program = join(folder, `${basename(source, ".go")}-${madeOf}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const build = 'test -x "$1" || { "$2" build -o "$1.part" "$3" && mv "$1.part" "$1"; }';
  const words = ["sh", "-c", build, "sh", program, command, source];
  // Only Linux has a program for locks whose holder's death frees them; elsewhere two may compile the same.
  const [file, ...args] = process.platform === "linux" ? ["flock", join(folder, "lock"), ...words] : words;
  await promisify(execFile)(file!, args, { env });
  return program;
}
