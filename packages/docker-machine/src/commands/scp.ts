import { type Command, yes } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { loadHost } from "../host/load.ts";

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

/** One side of a copy; without a machine it is here. */
export interface Place {
  readonly machine?: string;
  readonly user?: string;
  readonly path: string;
}

/** `localhost:` names this side too; a drive's letter is no machine. */
function placeOf(written: string): Place {
  const read = /^(?:([^@:/\\]+)@)?([^:/\\]+):([\s\S]*)$/.exec(written);
  if (!read || (read[2]!.length === 1 && /^[\\/]/.test(read[3]!))) return { path: written };
  const [, user, machine = "", path = ""] = read;
  if (machine === "localhost") return { path };
  return { machine, path, ...(user === undefined ? {} : { user }) };
}

function known(storePath: string, machine: string): void {
  try {
    loadHost(storePath, machine);
  } catch (thrown) {
    throw new Complaint(`Error loading host: Error loading host: ${(thrown as Error).message}`);
  }
}
