import { type HookSpec, MachinistError } from "@machinist/core";
import { type HookNotification, type HookPayload, payloadOf, variablesOf } from "../payload.ts";
import { runGroup, tooLate } from "../process-group.ts";
import type { ActionWorld } from "../world.ts";

/** Do once what a hook says. Throws `hook.*`; `cancelled` when the run's signal aborts. */
export async function act(
  hook: HookSpec,
  notice: HookNotification,
  attempt: number,
  world: ActionWorld,
): Promise<void> {
  const { action } = hook;
  const payload = payloadOf(notice, hook.name, attempt);
  switch (action.type) {
    case "run":
      return program(action.argv, hook, payload, world);
    case "module": {
      const { moduleArgv } = await import("./module.ts");
      return program(moduleArgv(action.module), hook, payload, world);
    }
    case "container": {
      const { runContainer } = await import("./container.ts");
      return runContainer(action, hook, payload, world, program);
    }
    default:
      return within(hook, world, (bounded) => shipped(action.type, hook, notice, payload, bounded));
  }
}

async function shipped(
  type: string,
  hook: HookSpec,
  notice: HookNotification,
  payload: HookPayload,
  world: ActionWorld,
) {
  const { action } = hook;
  if (action.type === "hosts") return (await import("./hosts.ts")).writeHosts(action, notice.fleet, world);
  if (action.type === "ssh-config") return (await import("./ssh-config.ts")).writeSshConfig(action, notice, world);
  if (action.type === "contexts") return (await import("./contexts.ts")).keepContexts(notice.fleet, world);
  if (action.type === "webhook") return (await import("./webhook.ts")).post(action, payload, world);
  throw new MachinistError("hook.unknown", `Hook ${hook.name} is of a sort that is not known here (${type})`, {
    hint: "It was declared by a newer machinist: upgrade this one, npm install -g @machinist/cli",
  });
}

/** Run a program for a hook: told on stdin and in its environment, its output in the event stream. */
export type RunProgram = typeof program;

function program(
  argv: readonly string[],
  hook: HookSpec,
  payload: HookPayload,
  world: ActionWorld,
  env: Readonly<Record<string, string | undefined>> = world.env,
): Promise<void> {
  const id = payload.machine?.name ?? "";
  return runGroup(argv, {
    cwd: hook.folder,
    env: { ...env, ...variablesOf(payload) },
    stdin: `${JSON.stringify(payload)}\n`,
    timeoutMs: hook.timeoutMs,
    signal: world.signal,
    onLine: (line) => world.emit({ type: "log", id, level: "info", message: `${hook.name}: ${line}` }),
  });
}

/** The deadline of what runs in this process: its signal is aborted, and it is given up. */
async function within(hook: HookSpec, world: ActionWorld, work: (world: ActionWorld) => Promise<void>): Promise<void> {
  const late = tooLate("It", hook.timeoutMs);
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(late), hook.timeoutMs);
  const signal = AbortSignal.any([world.signal, timer.signal]);
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(timer.signal.aborted ? late : signal.reason), { once: true });
  });
  over.catch(() => {});
  try {
    await Promise.race([work({ ...world, signal }), over]);
  } finally {
    clearTimeout(timeout);
  }
}
