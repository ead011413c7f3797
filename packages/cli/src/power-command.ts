import type { PowerAction } from "@machinist/core";
import { type CommandModule, defineCommand, type Examples, withExamples } from "./command.ts";
import { namesOr } from "./names.ts";
import { operate } from "./operation.ts";

const purposes: { readonly [action in PowerAction]: string } = {
  start: "and wait until Docker answers",
  stop: "as its power button would, so that it can end in order",
  restart: "containers that are to be restarted come back by themselves",
  kill: "as if its plug were pulled",
};

const examplesOf = (action: PowerAction): Examples => [
  [`machinist ${action} web-1`, purposes[action]],
  [`machinist ${action} web-1 web-2 --json`, "several at once, for scripts"],
];

/** `start`, `stop`, `restart` and `kill` differ in the action only. */
export const powerCommand = (action: PowerAction): CommandModule =>
  defineCommand<object>({
    declare(command) {
      command.argument("[name...]", "machines (default: the one called default)");
      withExamples(command, examplesOf(action));
    },
    async run(session, { args }) {
      const names = await namesOr(session, args);
      const run = (await session.machinist()).power(action, names, { signal: session.signal });
      return operate(session, run, { again: `machinist ${action} ${names.join(" ")}` });
    },
  });
