import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { notOneWord, readLine } from "../ask.ts";
import { CliError, messageOf } from "../cli-error.ts";
import { type Call, type Command, yes } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { loadHost, pathOf } from "../host/load.ts";

export const rm: Command = {
  name: "rm",
  usage: "Remove a machine",
  description: "Argument(s) are one or more machine names.",
  flags: [
    {
      kind: "bool",
      name: "force",
      short: "f",
      usage: "Remove local configuration even if machine cannot be removed, also implies an automatic yes (`-y`)",
    },
    {
      kind: "bool",
      name: "y",
      usage: "Assumes automatic yes to proceed with remove, without prompting further user confirmation",
    },
  ],
  run: async (call) => {
    const { args, io } = call;
    if (args.length === 0)
      throw new CliError("Error: Expected to get one or more machine names as arguments", { help: true });
    const force = yes(call, "force");
    io.out(
      `About to remove ${args.join(", ")}\nWARNING: This action will delete both local reference and remote instance.\n`,
    );
    if (!force && !yes(call, "y") && !(await agreed(call))) return 0;
    const failed = await removeAll(call, force);
    return failed && !force ? 1 : 0;
  },
};

/** One word that begins with y; docker-machine takes two words for none. */
async function agreed({ io }: Call): Promise<boolean> {
  io.out("Are you sure? (y/n): ");
  const line = await readLine(io);
  return notOneWord(line) === undefined && /^y/i.test(line!.trim());
}

async function removeAll(call: Call, force: boolean): Promise<boolean> {
  let failed = false;
  for (const name of call.args) {
    const wasThere = pathOf(call.storePath, name) !== undefined;
    const problem = await removeOne(call, name, force).catch(messageOf);
    if (problem !== undefined) {
      failed = true;
      call.io.err(`Error removing host ${JSON.stringify(name)}: ${problem}\n`);
      if (!force) continue;
    }
    if (wasThere && pathOf(call.storePath, name) === undefined) call.io.out(`Successfully removed ${name}\n`);
    else call.io.err(`Can't remove ${JSON.stringify(name)}\n`);
  }
  return failed;
}

/**
 * What stood in the way, if anything did. What machinist has a record of is removed by it, by force too: it knows what was made
 * for the machine, and takes nothing from under another process. Only a folder that nobody can read is removed as a folder.
 */
async function removeOne(call: Call, name: string, force: boolean): Promise<string | undefined> {
  const path = pathOf(call.storePath, name);
  const recorded = path !== undefined && existsSync(join(path, "record.json"));
  let unreadable: string | undefined;
  // A creation that was killed early has a record and nothing else.
  if (!recorded || existsSync(join(path, "config.json")))
    try {
      await checkDriver(call, loadHost(call.storePath, name));
    } catch (thrown) {
      unreadable = messageOf(thrown);
      if (!force || path === undefined) return unreadable;
    }
  if (recorded || unreadable === undefined) await (await call.deep()).remove(call, name, force);
  else if (path !== undefined) rmSync(path, { recursive: true, force: true });
  return unreadable;
}
