import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { nameOr } from "../names.ts";

export default defineCommand<object>({
  declare(command) {
    command.argument("[name]", "the machine (default: the one called default)").allowExcessArguments(false);
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
