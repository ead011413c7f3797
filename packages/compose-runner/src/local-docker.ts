import { homedir } from "node:os";
import { attempt, type Ended, findProgram } from "@machinist/programs";
import type { Environment } from "./environment.ts";
import type { Variables } from "./interpolation.ts";

/** Reading files takes it a twentieth of a second. */
const READ_MS = 20_000;

/** Says `off` where an older docker here refuses what the machine's own takes. */
export const SWITCH = "MACHINIST_LOCAL_COMPOSE";

/** Where, and with which variables beside those that docker itself needs. */
interface Place {
  readonly folder: string;
  readonly variables: Variables;
}

/**
 * Ask the docker of this computer about files, which takes no engine. Undefined where nobody answers: there is no docker
 * or it does not know the command, it is switched off, it cannot be run or does not end.
 */
export async function askLocally(
  words: readonly string[],
  environment: Environment,
  { folder, variables }: Place,
): Promise<Ended | undefined> {
  const docker = environment[SWITCH] === "off" ? undefined : findProgram("docker", environment);
  if (docker === undefined) return undefined;
  const { PATH, DOCKER_CONFIG, HOME = homedir() } = environment;
  // No engine is asked, so the one of a context that is gone, or far away, is none of its business.
  const own = { PATH, HOME, PWD: folder, DOCKER_CONFIG: DOCKER_CONFIG ?? `${HOME}/.docker`, DOCKER_CONTEXT: "default" };
  const options = { cwd: folder, env: { ...own, ...variables }, timeoutMs: READ_MS };
  const ended = await attempt([docker, ...words], options).catch(() => undefined);
  return ended === undefined || (ended.code !== 0 && UNKNOWN.test(ended.stderr)) ? undefined : ended;
}

/** What a docker without a plugin, an old one, or another program in its place says of the command. */
const UNKNOWN = /is not a docker command|unknown (?:shorthand )?flag|(?:unknown|unrecognized) command/;
