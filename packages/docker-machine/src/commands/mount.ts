import { CliError } from "../cli-error.ts";
import { type Command, yes } from "../command.ts";
import { mountPoint } from "../host/sshfs.ts";

export const mount: Command = {
  name: "mount",
  usage: "Mount or unmount a directory from a machine with SSHFS.",
  description: "Arguments are [machine:][path] [mountpoint]",
  flags: [{ kind: "bool", name: "unmount", short: "u", usage: "Unmount instead of mount" }],
  run: async (call) => {
    if (call.args.length < 1 || call.args.length > 2)
      throw new CliError("Improper number of arguments", { help: true });
    return mountPoint(call, yes(call, "unmount"));
  },
};
