import { join } from "node:path";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { nameOr } from "../names.ts";

const examples: Examples = [["docker $(machinist config web-1) ps", "one docker command, without changing the shell"]];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name]", "the machine (default: the one called default)").allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const name = await nameOr(session, args);
    const { url, certPath, tls } = await (await session.machinist()).connection(name);
    // docker takes the quotes off itself, so that `docker $(machinist config NAME) ps` works.
    const file = (flag: string, base: string) => `--${flag}="${join(certPath, base)}"`;
    const secured = [
      "--tlsverify",
      file("tlscacert", "ca.pem"),
      file("tlscert", "cert.pem"),
      file("tlskey", "key.pem"),
    ];
    const flags = [...(tls ? secured : []), `-H=${url}`];
    if (session.globals.json) session.printJson(flags);
    else for (const flag of flags) session.print(flag);
    return 0;
  },
});
