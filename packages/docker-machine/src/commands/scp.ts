import { type Command, yes } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { loadHost } from "../host/load.ts";
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
    const [source, destination] = call.args.map(placeOf) as [Place, Place];
    for (const { machine } of [source, destination]) if (machine !== undefined) known(call.storePath, machine);
    await (await call.deep()).copy(call, source, destination, {
      recursive: yes(call, "recursive"),
      delta: yes(call, "delta"),
      quiet: yes(call, "quiet"),
    });
    return 0;
  },
};

function known(storePath: string, machine: string): void {
  try {
    loadHost(storePath, machine);
  } catch (thrown) {
    throw new Complaint(`Error loading host: Error loading host: ${(thrown as Error).message}`);
  }
}
