import { defineCommand } from "../command.ts";
import { namesOr } from "../names.ts";
import { operate } from "../operation.ts";

export default defineCommand<{ readonly clientCerts?: boolean }>({
  declare(command) {
    command
      .argument("[name...]", "machines (default: the one called default)")
      .option("--client-certs", "renew the client certificate of this store, too")
      // docker-machine asked; here nothing is lost, so there is nothing to ask.
      .option("-f, --force", "accepted for docker-machine's sake");
  },
  async run(session, { args, options }) {
    const names = await namesOr(session, args);
    const control = { signal: session.signal, client: options.clientCerts === true };
    const run = (await session.machinist()).regenerateCerts(names, control);
    return operate(session, run, { again: `machinist regenerate-certs ${names.join(" ")}` });
  },
});
