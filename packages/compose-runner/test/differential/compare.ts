import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMachinistError } from "@machinist/core";
import { bundleProject } from "../../src/index.ts";
import { putDown, treeAt } from "./carried.ts";
import { type Asked, type Compose, type Config, config, moved, pathsIn } from "./compose.ts";

/** A project on this computer. */
export interface Local {
  readonly folder: string;
  /** Of the files of the project, relative to its folder. */
  readonly files: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles?: readonly string[];
  /** Names of variables that it is promised. */
  readonly env?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files, relative to the folder, that a .dockerignore keeps from being carried. */
  readonly ignored?: readonly string[];
}

export interface Compared {
  /** Both refuse it, or what they make of it is the same. */
  readonly outcome: "same" | "refused";
  readonly difference?: string;
  readonly services: number;
  /** What is made there of what is carried. */
  readonly config?: Config;
}

/** What a real compose makes of a project here, and of what is carried of it somewhere else. */
export async function compare(compose: Compose, local: Local): Promise<Compared> {
  const there = mkdtempSync(join(tmpdir(), "machinist-there-"));
  try {
    const carried = await carriedTo(there, local);
    const promised = typeof carried === "string" ? given(local) : carried.asked.env;
    const here = await config(compose, {
      argv: argvOf(local, local.folder, (file) => file),
      cwd: local.folder,
      env: { HOME: local.environment.HOME ?? "/", PWD: local.folder, ...promised },
    });
    if (typeof carried === "string") {
      // Reading alone misses nothing of what is built, mounted or made a secret of; bringing it up would.
      const missed = /^compose\.file-missing: \S+ (\/.*) is not there/.exec(carried)?.[1];
      const isUsed = missed !== undefined && here.config !== undefined && uses(here.config, missed);
      if (here.config === undefined || (isUsed && !existsSync(missed))) return { outcome: "refused", services: 0 };
      return { outcome: "same", services: 0, difference: `compose takes it, we do not: ${carried}` };
    }
    const remote = await config(compose, carried.asked);
    if (here.config === undefined || remote.config === undefined) {
      if (here.config === remote.config) return { outcome: "refused", services: 0 };
      return {
        outcome: "same",
        services: 0,
        difference: `here: ${here.said.slice(-600)}\nthere: ${remote.said.slice(-600)}`,
      };
    }
    const named = (name: string) => join(local.folder, name);
    const services = Object.keys(here.config.services ?? {}).sort();
    const difference =
      unlike("config", moved(here.config, carried.root, there), remote.config) ??
      unlike("services", services, carried.services) ??
      filesUnlike(here.config, { root: carried.root, there, ignored: (local.ignored ?? []).map(named) });
    const seen = { services: services.length, config: remote.config };
    return { outcome: "same", ...seen, ...(difference === undefined ? {} : { difference }) };
  } finally {
    rmSync(there, { recursive: true, force: true });
  }
}

/** Whether a path is of what compose would hand to the engine. */
const uses = (config: Config, path: string): boolean =>
  path.endsWith("Dockerfile") || pathsIn(config, "/").some((each) => path === each || path.startsWith(`${each}/`));

/** The variables that a project was promised. */
const given = ({ env = [], environment }: Local): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => env.includes(name)));

function argvOf(local: Local, folder: string, file: (name: string) => string): string[] {
  return [
    ...["-p", "shop", "--project-directory", folder],
    ...local.files.flatMap((name) => ["-f", file(name)]),
    ...(local.envFiles ?? []).flatMap((name) => ["--env-file", file(name)]),
    ...(local.profiles ?? []).flatMap((profile) => ["--profile", profile]),
  ];
}

interface Carried {
  readonly root: string;
  readonly services: readonly string[];
  readonly asked: Asked;
}

async function carriedTo(there: string, local: Local): Promise<Carried | string> {
  const at = (name: string) => join(local.folder, name);
  try {
    const bundle = await bundleProject(
      {
        files: local.files.map(at),
        ...(local.envFiles ? { envFiles: local.envFiles.map(at) } : {}),
        ...(local.profiles ? { profiles: local.profiles } : {}),
        ...(local.env ? { env: local.env } : {}),
      },
      { environment: local.environment, place: there },
    );
    putDown(bundle, there);
    const argv = [
      ...["-p", "shop", "--project-directory", join(there, bundle.folder)],
      ...bundle.composeFiles.flatMap((file) => ["-f", join(there, file)]),
      ...bundle.envFiles.flatMap((file) => ["--env-file", join(there, file)]),
      ...(local.profiles ?? []).flatMap((profile) => ["--profile", profile]),
    ];
    return { root: bundle.root, services: bundle.services, asked: { argv, cwd: "/", env: bundle.environment } };
  } catch (error) {
    if (!isMachinistError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function unlike(what: string, wanted: unknown, found: unknown): string | undefined {
  const [a, b] = [JSON.stringify(sorted(wanted), null, 1), JSON.stringify(sorted(found), null, 1)];
  if (a === b) return undefined;
  const [left, right] = [a.split("\n"), b.split("\n")];
  const at = left.findIndex((line, index) => line !== right[index]);
  return `${what} differs at line ${at}:\nhere:  ${left.slice(Math.max(0, at - 3), at + 4).join("\n")}\nthere: ${right.slice(Math.max(0, at - 3), at + 4).join("\n")}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** What a service mounts or a secret is made of has to be there as it is here. */
function filesUnlike(
  here: Config,
  { root, there, ignored }: { readonly root: string; readonly there: string; readonly ignored: readonly string[] },
): string | undefined {
  const without = new Set(ignored);
  for (const path of pathsIn(here, root)) {
    const difference = unlike(path, treeAt(path, without), treeAt(there + path.slice(root === "/" ? 0 : root.length)));
    if (difference !== undefined) return difference;
  }
  return undefined;
}
