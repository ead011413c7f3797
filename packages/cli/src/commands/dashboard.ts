import { MachinistError } from "@machinist/core";
import { readableShellWord } from "@machinist/values";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { exitCodes } from "../failure.ts";
import { drawn } from "../io.ts";
import { readFleet } from "../manifest-files.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly readOnly?: boolean;
  readonly theme?: string;
}

const examples: Examples = [["machinist dashboard --read-only", "look, and touch nothing"]];

export default defineCommand<Options>({
  declare(command) {
    command
      .option("--read-only", "look, but change nothing")
      .option("--theme <name>", "default, light or monochrome")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const { io, globals, signal } = session;
    if (!canShow(session))
      throw usage(
        "no-terminal",
        "The dashboard needs a terminal",
        "`machinist ls` shows the machines, `machinist events --follow` what is done to them.",
      );
    const dashboard = await session.services.dashboard();
    if (dashboard === undefined)
      throw new MachinistError("dashboard.not-installed", "The dashboard is not installed", {
        hint: "Install it: npm install -g @machinist/tui",
      });
    const theme = options.theme ?? (globals.color === false ? "monochrome" : undefined);
    const known = dashboard.themeNames.find((name) => name === theme);
    if (theme !== undefined && known === undefined)
      throw usage("value", `--theme must be one of ${dashboard.themeNames.join(", ")}, not "${theme}"`);
    await dashboard.openDashboard({
      machinist: await session.machinist(),
      device: { stdin: io.stdin, stdout: drawn(io.stdout) },
      env: io.env,
      readOnly: options.readOnly === true,
      program:
        globals.storagePath === undefined ? "machinist" : `machinist -s ${readableShellWord(globals.storagePath)}`,
      async readManifest(file) {
        // Written as usual, a warning would go across the screen.
        const warnings: string[] = [];
        const spec = await readFleet(session, file === undefined ? undefined : [file], (text) => warnings.push(text));
        return { spec, warnings };
      },
      signal,
      ...(known === undefined ? {} : { theme: known }),
    });
    return signal.aborted ? exitCodes.interrupted : exitCodes.done;
  },
});

const canShow = ({ io, globals }: Session): boolean =>
  io.stdin.isTTY === true && io.stdout.isTTY && io.env.TERM !== "dumb" && !globals.json;
