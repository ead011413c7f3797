import { createHash } from "node:crypto";
import { type HookAction, type HookSpec, MachinistError } from "@machinist/core";
import { attempt } from "@machinist/programs";
import { type HookPayload, variablesOf } from "../payload.ts";
import type { ActionWorld } from "../world.ts";
import type { RunProgram } from "./act.ts";

type Container = Extract<HookAction, { type: "container" }>;

/** Run an image with the docker command of this computer; what is over its time is removed with its container. */
export async function runContainer(
  action: Container,
  hook: HookSpec,
  payload: HookPayload,
  world: ActionWorld,
  run: RunProgram,
): Promise<void> {
  const env = await engineOf(action, world);
  const name = containerName(payload);
  const remove = () => attempt(["docker", "rm", "--force", "--", name], { env, timeoutMs: 10_000 }).catch(() => {});
  if (payload.resumed) await remove(); // of the run that was killed
  const variables = Object.keys(variablesOf(payload)).flatMap((variable) => ["--env", variable]);
  const argv = ["docker", "run", "--rm", "--interactive", "--name", name, ...variables, "--", action.image];
  try {
    await run([...argv, ...(action.command ?? [])], hook, payload, world, env);
  } catch (thrown) {
    // The command has ended; what it started in the engine may not have.
    await remove();
    throw thrown;
  }
}

/** Another for each hook of an event, and the same when it is told again. */
function containerName({ hook, delivery, attempt }: HookPayload): string {
  const exact = createHash("sha256").update(`${hook}\n${delivery}\n${attempt}`).digest("hex").slice(0, 12);
  return `machinist-hook-${hook.replace(/[^a-zA-Z0-9_.-]+/g, "-").slice(0, 40)}-${exact}`;
}

/** The environment in which docker speaks to the engine that was asked for. */
async function engineOf({ machine }: Container, world: ActionWorld) {
  if (machine === undefined) return world.env;
  const found = await world.machine(machine);
  if (!found?.url)
    throw new MachinistError("hook.no-engine", `There is no Docker on ${machine} to run it`, {
      hint: "Name a machine that is there before the event, or leave `machine` out to use this computer's docker",
    });
  const { DOCKER_CONTEXT: _, ...env } = world.env;
  return { ...env, DOCKER_HOST: found.url, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: found.folder };
}
