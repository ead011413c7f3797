import { defineCommand } from "../command.ts";
import { candidates } from "../completion/candidates.ts";

/** What completion scripts call. A failure is no candidates: nobody wants errors in a prompt. */
export default defineCommand<object>({
  declare(command) {
    command.argument("[words...]").passThroughOptions().allowUnknownOption();
  },
  async run({ io, services }, { args, commands }) {
    const words = args[0] === "--" ? args.slice(1) : args;
    const found = await candidates({ words, io, services }, commands).catch(() => []);
    io.stdout.write(found.map((word) => `${word}\n`).join(""));
    return 0;
  },
});
