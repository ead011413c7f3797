import { MachinistError } from "@machinist/core";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { printEach } from "../each-machine.ts";
import { version } from "../version.ts";

const examples: Examples = [
  ["machinist version", "of machinist"],
  ["machinist version web-1", "of a machine's Docker"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines whose Docker's version to print");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    if (args.length > 0) return printEach(session, args, (name) => engineVersion(name), "version");
    if (session.globals.json) session.printJson({ version, node: process.versions.node });
    else session.print(`machinist ${version}, Node ${process.versions.node}`);
    return 0;

    async function engineVersion(name: string): Promise<string> {
      const { signal } = session;
      const engine = await (await session.machinist()).engine(name, { signal });
      const answer = await engine.request<{ Version?: unknown }>("GET", "/version", { signal, timeoutMs: 10_000 });
      if (typeof answer.Version === "string") return answer.Version;
      throw new MachinistError("docker.http", `The engine of ${name} did not tell its version`, {
        hint: `Check the engine: machinist doctor ${name}`,
      });
    }
  },
});
