import { chmod, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { listed } from "../names.ts";
import { passphraseOf, passphraseOption } from "../passphrase.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly output?: string;
  readonly passphraseFile?: string;
  readonly forget?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist export web-1", "asks for a passphrase, writes web-1.machinist"],
  ["machinist export web-1 web-2 -o shop.machinist --forget", "hands them over: this computer knows them no more"],
  ["MACHINIST_PASSPHRASE=… machinist export web-1 --json", "for scripts"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("<machines...>", "machines of a cloud, or SSH hosts")
      .option("-o, --output <path>", "the file (default: MACHINE.machinist)")
      .option(...passphraseOption)
      .option("--forget", "know them here no more; nothing is removed where they are")
      .option("-f, --force", "write over a file that is there")
      .option("-y, --yes", "--forget: do not ask; needed without a terminal")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: machines, options }) {
    const { signal, style } = session;
    const machinist = await session.machinist();
    for (const name of machines) await machinist.info(name);
    const forget = `Forget ${listed(machines)} here`;
    if (options.forget && !(await agreed(session, options.yes === true, forget))) return 0;
    const path = resolve(session.io.cwd, options.output ?? `${machines[0]}.machinist`);
    const passphrase = await passphraseOf(session, options.passphraseFile, true);
    const { data, opened } = await machinist.exportMachines(machines, { passphrase, signal });
    await save(path, data, options.force ?? false);
    if (options.forget) await machinist.forgetExported(machines, { signal });
    if (session.globals.json) {
      session.printJson({ machines, path, opened, forgotten: options.forget ?? false });
      return 0;
    }
    session.print(`${style.green("✔")} ${machines.join(", ")} in ${path}`);
    if (opened.length > 0) session.note(`An SSH key in it opens ${opened.join(", ")} too: all of that fleet share it.`);
    session.note(
      options.forget
        ? "They run on, and are known here no more."
        : "They are known here as well. Once the other side has them: the same command with --forget.",
    );
    session.note("There, to have them: machinist import FILE");
    return 0;
  },
});

async function save(path: string, data: Uint8Array, over: boolean): Promise<void> {
  try {
    await writeFile(path, data, { mode: 0o600, flag: over ? "w" : "wx" });
    await chmod(path, 0o600);
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw usage("value", `${path} is there already`, "Add --force to write over it, or give another -o.");
    throw usage("value", `${path} cannot be written: ${message}`, "Give another -o.");
  }
}
