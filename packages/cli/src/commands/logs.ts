import { MachinistError } from "@machinist/core";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { wholeNumber } from "../globals.ts";
import { nameOr } from "../names.ts";

interface Options {
  readonly follow?: boolean;
  readonly lines?: string;
  readonly container?: string;
}

const examples: Examples = [
  ["machinist logs web-1 --follow", "what Docker there says"],
  ["machinist logs web-1 --container shop -n 20", "what a container says"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[name]", "the machine (default: the one called default)")
      .option("--follow", "go on as lines come")
      .option("-n, --lines <number>", "how many of the last lines (default: 100)")
      .option("--container <name>", "a container's log instead of Docker's own")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const { io, signal } = session;
    const lines = String(wholeNumber("--lines", options.lines ?? 100, 0, 1_000_000));
    const name = await nameOr(session, args);
    const host = await (await session.machinist()).host(name, { signal });
    const argv =
      options.container === undefined
        ? ["journalctl", "--no-pager", "-u", "docker", "-n", lines, ...(options.follow ? ["--follow"] : [])]
        : ["docker", "logs", "--tail", lines, ...(options.follow ? ["--follow"] : []), "--", options.container];
    const { code } = await host.run(argv, {
      sudo: true,
      signal: AbortSignal.any([signal, io.stdout.closed]),
      onOutput: (text, stream) => (io[stream].isTTY ? io[stream].write(text) : io[stream].raw(text)),
      ...(options.follow && { timeoutMs: 2 ** 31 - 1 }),
    });
    if (code !== 127) return code;
    throw new MachinistError("machine.no-log", `Machine ${name} keeps no journal of Docker`, {
      hint: `Look for it yourself: machinist ssh ${name}`,
    });
  },
});
