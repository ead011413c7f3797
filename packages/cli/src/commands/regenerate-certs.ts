import { defineCommand, type Examples, withExamples } from "../command.ts";
import { namesOr } from "../names.ts";
import { operate } from "../operation.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly clientCerts?: boolean;
  readonly ca?: boolean;
}

const examples: Examples = [
  ["machinist regenerate-certs web-1 web-2", "new certificates for their engines"],
  ["machinist regenerate-certs --client-certs web-1", "and for this store's docker"],
  ["machinist regenerate-certs --ca", "another CA, for all that there is"],
];

const note =
  "Docker restarts to take new certificates over; running containers go on (live-restore), but for nodes of a Swarm, whose tasks start anew. --ca goes on with a change that was cut short or that did not reach every machine.";

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[name...]", "machines (default: the one called default)")
      .option("--client-certs", "renew the client certificate of this store, too")
      .option("--ca", "another CA for the whole store, in three phases; what the old one signed is refused at the end")
      // docker-machine asked; here nothing is lost, so there is nothing to ask.
      .option("-f, --force", "accepted for docker-machine's sake");
    withExamples(command, examples, note);
  },
  async run(session, { args, options }) {
    const machinist = await session.machinist();
    const { signal } = session;
    if (options.ca) {
      if (args.length > 0 || options.clientCerts)
        throw usage(
          "conflict",
          "--ca is about the whole store: it takes no machines, and renews the client certificate anyway",
          "Type: machinist regenerate-certs --ca",
        );
      return operate(session, machinist.rotateAuthority({ signal }), { again: "machinist regenerate-certs --ca" });
    }
    const names = await namesOr(session, args);
    const run = machinist.regenerateCerts(names, { signal, client: options.clientCerts === true });
    return operate(session, run, { again: `machinist regenerate-certs ${names.join(" ")}` });
  },
});
