import { dirname } from "node:path";
import { MachinistError, type StackSpec } from "@machinist/core";
import { lastWords } from "@machinist/programs";
import type { Environment } from "./environment.ts";
import { hiding, withoutEnvLines } from "./hidden.ts";
import { askLocally, SWITCH } from "./local-docker.ts";
import { withoutPlaces } from "./project.ts";
import type { StackBundle } from "./stack-bundle.ts";

/** Variables that docker itself, or what loads it, would follow. */
const FOLLOWED = /^(?:DOCKER_.*|LD_.*|PATH)$/;

/**
 * Where this computer has a docker that can be asked (from version 23.0 on, and without an engine), ask it whether it takes a
 * stack's files: what is wrong with them is known then before any machine is. Throws `stack.refused-locally` with its own words.
 */
export async function checkStackLocally(
  { name, files, env = [] }: Pick<StackSpec, "name" | "files" | "env">,
  { environment: variables }: Pick<StackBundle, "environment">,
  environment: Environment,
): Promise<void> {
  // Values that it was promised may be secrets, and are given to no other program of this computer.
  if (env.length > 0 || Object.keys(variables).some((each) => FOLLOWED.test(each))) return;
  const words = ["stack", "config", ...files.flatMap((file) => ["-c", file])];
  const answer = await askLocally(words, environment, { folder: dirname(files[0]!), variables });
  if (answer === undefined || answer.code === 0) return;
  const hide = hiding(Object.values(withoutPlaces(variables)));
  throw new MachinistError(
    "stack.refused-locally",
    `docker stack on this computer refuses ${name}: ${hide(lastWords(withoutEnvLines(answer.stderr)))}`,
    {
      hint: `Put the stack file right. If the manager's docker is newer and takes it: ${SWITCH}=off`,
    },
  );
}
