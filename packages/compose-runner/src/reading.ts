import { MachinistError } from "@machinist/core";
import { replicasOf, type ServiceConfig, type Shape, shapeOf } from "./shape.ts";

/** What docker compose makes of a project's files. */
export interface Reading {
  /** Each service that it starts, and how many containers it has. Sorted. */
  readonly services: readonly { readonly name: string; readonly replicas: number }[];
  /** What it warns of, in its own words. */
  readonly warnings: readonly string[];
  /** To be compared with what another compose makes of the same files. */
  readonly shape: Shape;
  /** Of compose; empty where it was not asked. */
  readonly version: string;
}

/**
 * From what `docker compose config --format json` prints, and after a NUL its version. `asked`: the variables that compose
 * files use. Throws `compose.unreadable` for anything else.
 */
export function readingOf(stdout: string, stderr: string, asked: ReadonlySet<string>): Reading {
  const [config = "", version = ""] = stdout.split("\0");
  const services = (parsed(config) as { services?: { [name: string]: ServiceConfig } } | null)?.services ?? {};
  return {
    services: Object.entries(services)
      .map(([name, service]) => ({ name, replicas: replicasOf(service) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    warnings: warningsIn(stderr, asked),
    shape: shapeOf(services),
    version: version.trim().replace(/^v/, ""),
  };
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
