import { homedir } from "node:os";
import { dirname } from "node:path";
import type { ComposeSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { attempt, findProgram, lastWords } from "@machinist/programs";
import type { Bundle } from "./bundle.ts";
import type { Environment } from "./environment.ts";
import { hiding, withoutQuotes } from "./hidden.ts";
import { withoutPlaces } from "./project.ts";

/** Reading files takes it a twentieth of a second. */
const READ_MS = 20_000;

/** Says `off` where an older compose here refuses what the machine's own takes. */
const SWITCH = "MACHINIST_LOCAL_COMPOSE";

/**
 * Where this computer has docker compose, ask it whether it takes a project's files: what is wrong with them is known
 * then before any machine is. Throws `compose.refused-locally` with its own words.
 */
export async function checkLocally(
  { name, files, envFiles = [], profiles = [] }: ComposeSpec,
  { environment: given, secrets, asked }: Bundle,
  environment: Environment,
): Promise<void> {
  const folder = dirname(files[0]!);
  const docker = environment[SWITCH] === "off" ? undefined : findProgram("docker", environment);
  // Values that it was promised may be secrets, and are given to no other program of this computer.
  if (docker === undefined || Object.keys(withoutPlaces(given)).length > 0) return;
  const argv = [
    ...[docker, "compose", "-p", name, "--project-directory", folder],
    ...files.flatMap((file) => ["-f", file]),
    ...envFiles.flatMap((file) => ["--env-file", file]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
  ];
  const { PATH, DOCKER_CONFIG, HOME = homedir() } = environment;
  const config = DOCKER_CONFIG ?? `${HOME}/.docker`;
  const env = { PATH, DOCKER_CONFIG: config, HOME, PWD: folder, ...given };
  const { code, stderr } = await attempt([...argv, "config", "--quiet"], { cwd: folder, env, timeoutMs: READ_MS });
  // A docker without compose has nothing to say of it.
  if (code === 0 || /is not a docker command|unknown (?:shorthand )?flag|unknown command/.test(stderr)) return;
  throw new MachinistError(
    "compose.refused-locally",
    `docker compose on this computer refuses ${name}: ${hiding(secrets)(lastWords(withoutQuotes(stderr, asked)))}`,
    {
      hint: `Put the compose file right. If the machine's compose is newer and takes it: ${SWITCH}=off`,
    },
  );
}
