import { MachinistError } from "@machinist/core";

/** What docker compose makes of a project's files. */
export interface Reading {
  /** Each service that it starts, and how many containers it has. Sorted. */
  readonly services: readonly { readonly name: string; readonly replicas: number }[];
  /** What it warns of, in its own words. */
  readonly warnings: readonly string[];
}

/**
 * From what `docker compose config --format json` prints. `asked`: the variables that compose files use. Throws
 * `compose.unreadable` for anything else.
 */
export function readingOf(stdout: string, stderr: string, asked: ReadonlySet<string>): Reading {
  return { services: servicesIn(parsed(stdout)), warnings: warningsIn(stderr, asked) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MachinistError("compose.unreadable", "docker compose config printed something that is not JSON", {
      cause,
      hint: "Compose 2 is needed: docker compose version",
    });
  }
}

function servicesIn(config: unknown): Reading["services"] {
  const services = (config as { services?: { [name: string]: ServiceConfig } } | null)?.services ?? {};
  return Object.entries(services)
    .map(([name, { deploy, scale }]) => ({ name, replicas: numberOf(deploy?.replicas) ?? numberOf(scale) ?? 1 }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ServiceConfig {
  readonly scale?: unknown;
  readonly deploy?: { readonly replicas?: unknown } | null;
}

/** Some versions print numbers as texts. */
const numberOf = (value: unknown): number | undefined =>
  (typeof value === "number" || typeof value === "string") && /^\d+$/.test(String(value)) ? Number(value) : undefined;

/** `time="…" level=warning msg="…"`, as docker's programs write where there is no terminal. */
function warningsIn(stderr: string, asked: ReadonlySet<string>): string[] {
  const found = stderr.split("\n").flatMap((line) => {
    const quoted = /\blevel=warning msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
    return quoted === undefined ? [] : plain(wordsIn(quoted), asked);
  });
  return [...new Set(found)];
}

/** What looks like a variable in an env file may be the better part of a password. */
function plain(warning: string, asked: ReadonlySet<string>): string {
  const name = /^The "(.*)" variable is not set/s.exec(warning)?.[1];
  if (name === undefined || asked.has(name)) return warning;
  return "A value in an env file has a $ that begins a variable which is not set: write $$, or put it in single quotes";
}

function wordsIn(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
