import { rmSync } from "node:fs";
import { readLine } from "../ask.ts";
import { type Call, type Command, yes } from "../command.ts";
import { Complaint, messageOf } from "../complaint.ts";
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
      throw new Complaint("Error: Expected to get one or more machine names as arguments", { help: true });
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
  const words = ((await readLine(io)) ?? "").trim().split(/\s+/);
  return words.length === 1 && /^y/i.test(words[0]!);
}

async function removeAll(call: Call, force: boolean): Promise<boolean> {
  let failed = false;
  for (const name of call.args) {
    let problem: string | undefined;
    try {
      const host = loadHost(call.storePath, name);
      await checkDriver(call, host);
      await (await call.deep()).remove(call, name, force);
    } catch (thrown) {
      problem = messageOf(thrown);
      failed = true;
      call.io.err(`Error removing host ${JSON.stringify(name)}: ${problem}\n`);
    }
    if (problem !== undefined && !force) continue;
    const path = pathOf(call.storePath, name);
    if (path === undefined && problem !== undefined) {
      call.io.err(`Can't remove ${JSON.stringify(name)}\n`);
      continue;
    }
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
    call.io.out(`Successfully removed ${name}\n`);
  }
  return failed;
}
