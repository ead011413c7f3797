import { defineCommand, type Examples, withExamples } from "../command.ts";
import { type Copying, download, relay, upload } from "../transfer/copy.ts";
import { readPlace } from "../transfer/export-location.ts";
import { usage } from "../usage.ts";

const examples: Examples = [
  ["machinist scp -r site web-1:/srv", "a folder to a machine"],
  ["machinist scp web-1:/etc/hosts web-2:/tmp", "from one machine to another"],
];

export default defineCommand<{ readonly recursive?: boolean }>({
  declare(command) {
    command
      .argument("<from>", "a path here, or MACHINE:PATH")
      .argument("<to>", "a path here, or MACHINE:PATH")
      .option("-r, --recursive", "copy folders with all that is in them")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [source = "", destination = ""], options }) {
    const { io, signal } = session;
    const from = readPlace(source, io.platform);
    const to = readPlace(destination, io.platform);
    const copying: Copying = { recursive: options.recursive === true, cwd: io.cwd, signal };
    const machinist = await session.machinist();
    const hostOf = (machine: string) => machinist.host(machine, { signal });
    if (from.machine !== undefined && to.machine !== undefined)
      await relay(await hostOf(from.machine), from.path, await hostOf(to.machine), to.path, copying);
    else if (from.machine !== undefined) await download(await hostOf(from.machine), from.path, to.path, copying);
    else if (to.machine !== undefined) await upload(from.path, await hostOf(to.machine), to.path, copying);
    else
      throw usage(
        "no-machine",
        "Neither path names a machine",
        "A machine's path is MACHINE:PATH, for example web-1:/tmp/f.",
      );
    return 0;
  },
});
