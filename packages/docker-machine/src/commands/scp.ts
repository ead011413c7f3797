import { CliError } from "../cli-error.ts";
import { type Command, yes } from "../command.ts";
import { type CopyPath, placeOf } from "../copy-path.ts";
import { hostsOf } from "../host/of-copy-path.ts";
import { isOnPath } from "../host/on-path.ts";

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
    if (call.args.length !== 2) throw new CliError("Improper number of arguments", { help: true });
    const program = yes(call, "delta") ? "rsync" : "scp";
    if (!isOnPath(program, call.io.env))
      throw new CliError(
        `You must have a copy of the ${program} binary locally to use the ${program === "scp" ? "scp feature" : "--delta option"}`,
      );
    const [source, destination] = call.args.map((each) => placeOf(each, call.io.platform)) as [CopyPath, CopyPath];
    await hostsOf(call, [source.machine, destination.machine]);
    await (await call.deep()).copy(call, source, destination, {
      recursive: yes(call, "recursive"),
      delta: yes(call, "delta"),
      quiet: yes(call, "quiet"),
    });
    return 0;
  },
};
