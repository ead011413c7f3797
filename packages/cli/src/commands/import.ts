import { resolve } from "node:path";
import { isMachinistError, readAtMost } from "@machinist/core";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { operate, pointAt } from "../operation.ts";
import { passphraseOf, passphraseOption } from "../passphrase.ts";
import { usage } from "../usage.ts";

/** More is no export of ours. */
const MOST_BYTES = 64 * 2 ** 20;

interface Options {
  readonly passphraseFile?: string;
  readonly trust?: string[];
  /** `--no-provision`: false. */
  readonly provision: boolean;
}

const examples: Examples = [
  ["machinist import web-1.machinist", "asks for its passphrase; then Docker there takes certificates of this store"],
  ["machinist import web-1.machinist --no-provision", "only know it; `machinist provision web-1` does the rest later"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("<file>", "what machinist export wrote")
      .option(...passphraseOption)
      .option(
        "--trust <driver...>",
        "trust the file's data on this driver's machines, which cannot be verified with the provider",
      )
      .option("--no-provision", "leave Docker's certificates there as they are")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [file = ""], options }) {
    const { signal } = session;
    const data = await readAtMost(resolve(session.io.cwd, file), MOST_BYTES, "The file").catch(
      (thrown: NodeJS.ErrnoException) => {
        if (isMachinistError(thrown)) throw thrown;
        throw usage("value", `${file} cannot be read: ${thrown.code}`, "Name a file that machinist export wrote.");
      },
    );
    const passphrase = await passphraseOf(session, options.passphraseFile, false);
    const machinist = await session.machinist();
    const { machines, fresh, fleets } = await machinist.importMachines(data, {
      ...{ passphrase, signal },
      ...(options.trust ? { trust: options.trust } : {}),
    });
    for (const [before, now] of Object.entries(fleets))
      if (before !== now) session.note(`This store has another fleet ${before}: theirs is called ${now} here.`);
    const known = machines.filter((name) => !fresh.includes(name));
    if (known.length > 0) session.note(`Already here: ${known.join(", ")}.`);
    const withEngine: string[] = [];
    for (const name of machines)
      if (options.provision && (await machinist.info(name)).engine !== false) withEngine.push(name);
    if (withEngine.length === 0) {
      if (session.globals.json) session.printJson({ machines, fresh, fleets });
      else session.print(`${session.style.green("✔")} ${machines.join(", ")}`);
      return 0;
    }
    const run = machinist.provision(withEngine, { signal });
    return operate(session, run, { again: `machinist provision ${withEngine.join(" ")}`, next: pointAt });
  },
});
