import type { PowerAction } from "@machinist/core";
import { type CommandModule, defineCommand } from "./command.ts";
import { namesOr } from "./names.ts";
import { operate } from "./operation.ts";

/** `start`, `stop`, `restart` and `kill` differ in the action only. */
export const powerCommand = (action: PowerAction): CommandModule =>
  defineCommand<object>({
    declare(command) {
      command.argument("[name...]", "machines (default: the one called default)");
    },
    async run(session, { args }) {
      const names = await namesOr(session, args);
      const run = (await session.machinist()).power(action, names, { signal: session.signal });
      return operate(session, run, { again: `machinist ${action} ${names.join(" ")}` });
    },
  });
