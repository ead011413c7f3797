import { existsSync } from "node:fs";
import { type Command, yes } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { checkDriver } from "../host/driver-known.ts";
import { type Host, loadHost, machinesFolder } from "../host/load.ts";
import { isOnPath } from "../host/on-path.ts";
import { type Place, placeOf } from "../place.ts";

export const scp: Command = {
  name: "scp",
  usage: "Copy files between machines",
  description: "Arguments are [[user@]machine:][path] [[user@]machine:][path].",
  flags: [
    { kind: "bool", name: "recursive", short: "r", usage: "Copy files recursively (required to copy directories)" },
    {
      kind: "bool",
      name: "delta",
      short: "d",
      usage: "Reduce amount of data sent over network by sending only the differences (uses rsync)",
    },
    {
      kind: "bool",
      name: "quiet",
      short: "q",
      usage: "Disables the progress meter as well as warning and diagnostic messages from ssh",
    },
  ],
  run: async (call) => {
    if (call.args.length !== 2) throw new Complaint("Improper number of arguments", { help: true });
    const program = yes(call, "delta") ? "rsync" : "scp";
    if (!isOnPath(program, call.io.env))
      throw new Complaint(
        `You must have a copy of the ${program} binary locally to use the ${program === "scp" ? "scp feature" : "--delta option"}`,
      );
    const [source, destination] = call.args.map((each) => placeOf(each, call.io.platform)) as [Place, Place];
    const hosts = [source, destination].flatMap(({ machine }) =>
      machine === undefined ? [] : [known(call.storePath, machine)],
    );
    for (const host of hosts) await checkDriver(call, host);
    await (await call.deep()).copy(call, source, destination, {
      recursive: yes(call, "recursive"),
      delta: yes(call, "delta"),
      quiet: yes(call, "quiet"),
    });
    return 0;
  },
};

function known(storePath: string, machine: string): Host {
  try {
    // To the letter: no name is taken for the folder of all machines, which is there.
    if (machine === "" && existsSync(machinesFolder(storePath)))
      throw new Complaint(`open ${machinesFolder(storePath)}/config.json: no such file or directory`);
    return loadHost(storePath, machine);
  } catch (thrown) {
    throw new Complaint(`Error loading host: Error loading host: ${(thrown as Error).message}`);
  }
}
