import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
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

/** Modules of other people come from the module proxy, by the sums in go.sum, into a folder of this clone. */
const moduleEnv = { ...env, GO111MODULE: "on", GOTOOLCHAIN: "local", GOMODCACHE: join(folder, "mod") };

/** Why the module in a folder cannot be compiled here; undefined where it can, or is already. */
export function moduleMissing(folderOfModule: string): string | undefined {
  if (goMissing !== undefined || existsSync(programOf(folderOfModule))) return goMissing;
  const fetched = spawnSync(command, ["mod", "download"], {
    ...{ cwd: folderOfModule, env: moduleEnv, encoding: "utf8" as const, timeout: 240_000 },
  });
  return fetched.status === 0 ? undefined : "its Go modules cannot be fetched here";
}

/**
 * The program that one Go source makes, or a folder with a module. It is kept under a name that tells what it was made of, and
 * who wants it while it is being made waits: nothing is compiled twice, nor is Go's own library, which up to a minute goes into
 * at first.
 */
export async function compiled(source: string): Promise<string> {
  const program = programOf(source);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const isModule = !source.endsWith(".go");
  // Left as it is written, which compiles in half the time: none of them has to be fast.
  const build = 'test -x "$1" || { "$2" build -gcflags="all=-N -l" -o "$1.part" "$3" && mv "$1.part" "$1"; }';
  const words = ["sh", "-c", build, "sh", program, command, isModule ? "." : source];
  // Only Linux has a program for locks whose holder's death frees them; elsewhere two may compile the same.
  const [file, ...args] = process.platform === "linux" ? ["flock", join(folder, "lock"), ...words] : words;
  await promisify(execFile)(file!, args, isModule ? { env: moduleEnv, cwd: source } : { env });
  return program;
}

function programOf(source: string): string {
  const madeOf = createHash("sha256").update(stdout);
  for (const path of source.endsWith(".go") ? [source] : filesIn(source)) madeOf.update(readFileSync(path));
  return join(folder, `${basename(source, ".go")}-${madeOf.digest("hex").slice(0, 16)}`);
}

const filesIn = (path: string): string[] =>
  readdirSync(path)
    .sort()
    .map((name) => join(path, name));
