import { defineCommand, type Examples, withExamples } from "../command.ts";
import { completionScripts } from "../completion/scripts.ts";
import { detectShell } from "../env/shells.ts";
import { usage } from "../usage.ts";

const aliases: { readonly [shell: string]: string } = { pwsh: "powershell" };

const examples: Examples = [
  ["source <(machinist completion bash)", "in this session"],
  ["machinist completion fish > ~/.config/fish/completions/machinist.fish", "in every session"],
];

export default defineCommand<object>({
  declare(command) {
    command
      .argument("[shell]", `${Object.keys(completionScripts).join(", ")} (default: yours)`)
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run({ io }, { args }) {
    const asked = args[0] ?? detectShell(io.env, io.platform);
    const shell = Object.hasOwn(aliases, asked) ? aliases[asked]! : asked;
    const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (script === undefined)
      throw usage(
        "value",
        `There is no completion for ${JSON.stringify(asked)}`,
        `There is for ${Object.keys(completionScripts).join(", ")}.`,
      );
    io.stdout.write(script);
    return 0;
  },
});
