import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lack } from "../../../../test/skipped.ts";

const unpacked = fileURLToPath(new URL("../../../../.work/compose", import.meta.url));

/** A real docker compose, which needs no engine to say how it reads files. */
export interface Compose {
  readonly version: string;
  readonly program: string;
}

/** Those that the setup of the tests has unpacked, oldest first. */
export const composes: readonly Compose[] = (existsSync(unpacked) ? readdirSync(unpacked) : [])
  .map((version) => ({ version, program: join(unpacked, version, "docker-compose") }))
  .filter(({ program }) => existsSync(program))
  .sort((a, b) => a.version.localeCompare(b.version, "en", { numeric: true }));

/** Why nothing can be compared here. */
export const noCompose: Lack = composes.length > 0 ? undefined : "no docker compose was unpacked for the tests";

export interface Answer {
  /** Undefined where it refuses the files. */
  readonly config: Config | undefined;
  readonly said: string;
}
export type Config = { services?: { [name: string]: { [key: string]: unknown } }; [key: string]: unknown };

export interface Asked {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export function config({ program }: Compose, { argv, cwd, env }: Asked): Promise<Answer> {
  const options = {
    cwd,
    env: { PATH: "/usr/bin:/bin", HOME: homedir(), ...env },
    timeout: 60_000,
    maxBuffer: 64 * 2 ** 20,
  };
  return new Promise((resolve) =>
    execFile(program, [...argv, "config", "--format", "json"], options, (failure, stdout, stderr) =>
      resolve({ config: failure === null ? (JSON.parse(stdout) as Config) : undefined, said: stderr }),
    ),
  );
}

/** Paths in a config, under one folder as if they were under another. */
export function moved(value: Config, root: string, to: string): Config {
  const from = root === "/" ? "" : root;
  const path = (text: unknown) =>
    typeof text === "string" && (text === from || text.startsWith(`${from}/`)) && !isTheirs(text)
      ? to + text.slice(from.length)
      : text;
  const copy = structuredClone(value) as Config;
  for (const service of Object.values(copy.services ?? {})) {
    for (const volume of listOf(service.volumes)) volume.source = path(volume.source);
    const build = service.build as { [key: string]: unknown } | undefined;
    if (build) {
      for (const key of ["context", "dockerfile"]) if (key in build) build[key] = path(build[key]);
      const others = build.additional_contexts as { [key: string]: unknown } | undefined;
      for (const key of Object.keys(others ?? {})) others![key] = path(others![key]);
    }
    for (const each of listOf((service.develop as { watch?: unknown } | undefined)?.watch)) each.path = path(each.path);
    if ("label_file" in service) service.label_file = (service.label_file as unknown[]).map(path);
  }
  for (const section of ["secrets", "configs"])
    for (const each of Object.values((copy[section] ?? {}) as { [key: string]: { file?: unknown } }))
      if ("file" in each) each.file = path(each.file);
  for (const each of Object.values(
    (copy.volumes ?? {}) as { [key: string]: { driver_opts?: { [key: string]: unknown } } },
  ))
    if (each.driver_opts && "device" in each.driver_opts) each.driver_opts.device = path(each.driver_opts.device);
  return copy;
}

/** A path of this name is the host's own, wherever it lies. */
const isTheirs = (path: string): boolean => path.endsWith("/theirs");

const listOf = (value: unknown): { [key: string]: unknown }[] => (Array.isArray(value) ? value : []);

/** Every path of this computer that a config names, but for what is another's. */
export function pathsIn(value: Config, root: string): string[] {
  const under = root === "/" ? "" : root;
  const found: string[] = [];
  const visit = (each: unknown): void => {
    if (typeof each === "string" && each.startsWith(`${under}/`) && !isTheirs(each)) found.push(each);
    else if (typeof each === "object" && each !== null) for (const inner of Object.values(each)) visit(inner);
  };
  for (const service of Object.values(value.services ?? {})) {
    for (const volume of listOf(service.volumes)) visit(volume.source);
    visit(service.build);
  }
  for (const section of ["secrets", "configs"]) visit(value[section]);
  return found.map((path) => (path.endsWith("/") ? dirname(`${path}x`) : path));
}
