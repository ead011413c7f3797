import { type HookAction, type HookSpec, MachinistError } from "@machinist/core";
import { attempt } from "@machinist/programs";
import { type Payload, variablesOf } from "../notice.ts";
import type { ActionWorld } from "../world.ts";
import type { RunProgram } from "./act.ts";

type Container = Extract<HookAction, { type: "container" }>;

/** Run an image with the docker command of this computer; what is over its time is removed with its container. */
export async function runContainer(
  action: Container,
  hook: HookSpec,
  payload: Payload,
  world: ActionWorld,
  run: RunProgram,
): Promise<void> {
  const env = await engineOf(action, world);
  const name = `machinist-hook-${payload.delivery}-${payload.attempt}`.replace(/[^a-zA-Z0-9_.-]/g, "-");
  const variables = Object.keys(variablesOf(payload)).flatMap((variable) => ["--env", variable]);
  const argv = ["docker", "run", "--rm", "--interactive", "--name", name, ...variables, "--", action.image];
  try {
    await run([...argv, ...(action.command ?? [])], hook, payload, world, env);
  } catch (thrown) {
    // The command has ended; what it started in the engine may not have.
    await attempt(["docker", "rm", "--force", "--", name], { env, timeoutMs: 10_000 }).catch(() => {});
    throw thrown;
  }
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
