import { dirname } from "node:path";
import type { ComposeSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { lastWords } from "@machinist/programs";
import type { Bundle } from "./bundle.ts";
import type { Environment } from "./environment.ts";
import { hiding, withoutQuotes } from "./hidden.ts";
import { askLocally, SWITCH } from "./local-docker.ts";
import { withoutPlaces } from "./project.ts";
import { type Reading, readingOf } from "./reading.ts";

type ProjectSpec = Pick<ComposeSpec, "name" | "files" | "envFiles" | "profiles">;

/** Asks compose of this computer about a project; undefined where it is not asked, or does not answer. */
function askCompose(words: readonly string[], spec: ProjectSpec, given: Bundle["environment"], from: Environment) {
  const { name, files, envFiles = [], profiles = [] } = spec;
  // Values that it was promised may be secrets, and are given to no other program of this computer.
  if (Object.keys(withoutPlaces(given)).length > 0) return undefined;
  const folder = dirname(files[0]!);
  const argv = [
    ...["compose", "-p", name, "--project-directory", folder],
    ...files.flatMap((file) => ["-f", file]),
    ...envFiles.flatMap((file) => ["--env-file", file]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
  ];
  return askLocally([...argv, ...words], from, { folder, variables: given });
}

/**
 * Where this computer has docker compose, ask it whether it takes a project's files: what is wrong with them is known
 * then before any machine is. Throws `compose.refused-locally` with its own words.
 */
export async function checkLocally(
  spec: ComposeSpec,
  { environment: given, secrets, asked }: Bundle,
  environment: Environment,
): Promise<void> {
  const answer = await askCompose(["config", "--quiet"], spec, given, environment);
  if (answer === undefined || answer.code === 0) return;
  throw new MachinistError(
    "compose.refused-locally",
    `docker compose on this computer refuses ${spec.name}: ${hiding(secrets)(lastWords(withoutQuotes(answer.stderr, asked)))}`,
    {
      hint: `Put the compose file right. If the machine's compose is newer and takes it: ${SWITCH}=off`,
    },
  );
}

/** How compose of this computer reads a project. Undefined where it does not. */
export async function readLocally(
  spec: ProjectSpec,
  { environment: given, asked }: Bundle,
  environment: Environment,
): Promise<Reading | undefined> {
  const answer = await askCompose(["config", "--format", "json"], spec, given, environment);
  if (answer === undefined || answer.code !== 0) return undefined;
  try {
    return readingOf(answer.stdout, "", asked);
  } catch {
    return undefined;
  }
}

/** The version of compose of this computer. */
export async function localVersion(spec: ProjectSpec, environment: Environment): Promise<string> {
  const place = { folder: dirname(spec.files[0]!), variables: {} };
  const answer = await askLocally(["compose", "version", "--short"], environment, place);
  return answer?.stdout.trim().replace(/^v/, "") ?? "";
}
