import { resolve } from "node:path";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { exitCodes } from "../failure.ts";
import { listed, namesOr } from "../names.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly clientCerts?: boolean;
  readonly ca?: boolean;
  readonly prepare?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist regenerate-certs web-1 web-2", "new certificates for their engines"],
  ["machinist regenerate-certs --client-certs web-1", "and for this store's docker"],
  ["machinist regenerate-certs --ca --prepare -o next-ca.pem", "a ca.pem for people to have before the CA changes"],
  ["machinist regenerate-certs --ca", "another CA, for all that there is"],
];

const note =
  "Docker restarts to take new certificates over; running containers go on (live-restore), but for nodes of a Swarm, whose tasks start again. --ca goes on with a change that was interrupted or that did not reach every machine.";

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[name...]", "machines (default: the one called default)")
      .option("--client-certs", "renew the client certificate of this store, too")
      .option("--ca", "another CA for the whole store, in three phases; what the old one signed is refused at the end")
      .option(
        "--prepare",
        "with --ca: change nothing yet; write a ca.pem with the present and the next CA for people with access",
      )
      .option("-o, --output <path>", "with --prepare: the file (default: ./ca.pem)")
      .option("-y, --yes", "with --ca: do not ask, though people with access lack the next CA")
      // docker-machine asked about machines; here nothing of theirs is lost, so there is nothing to ask.
      .option("-f, --force", "the same as --yes, for docker-machine's sake");
    withExamples(command, examples, note);
  },
  async run(session, { args, options }) {
    const machinist = await session.machinist();
    const { signal } = session;
    if (!options.ca && (options.prepare || options.output !== undefined))
      throw usage(
        "conflict",
        "--prepare and --output belong to --ca",
        "Type: machinist regenerate-certs --ca --prepare",
      );
    if (options.ca) {
      if (args.length > 0 || options.clientCerts)
        throw usage(
          "conflict",
          "--ca is about the whole store: it takes no machines, and renews the client certificate anyway",
          "Type: machinist regenerate-certs --ca",
        );
      return options.prepare ? prepare(session, options.output ?? "./ca.pem") : rotate(session, options);
    }
    const names = await namesOr(session, args);
    const run = machinist.regenerateCerts(names, { signal, client: options.clientCerts === true });
    return operate(session, run, { again: `machinist regenerate-certs ${names.join(" ")}` });
  },
});

async function prepare(session: Session, output: string): Promise<number> {
  const machinist = await session.machinist();
  const done = await machinist.prepareAuthority(resolve(session.io.cwd, output), { signal: session.signal });
  if (session.globals.json) {
    session.printJson(done);
    return exitCodes.done;
  }
  session.print(`${session.style.green("✔")} ${output} holds the present CA and the next one (no secret)`);
  if (done.people.length > 0)
    session.print(`next: give it to ${listed(done.people)}, to replace the ca.pem of their folder`);
  session.print(`${done.people.length > 0 ? "then" : "next"}: machinist regenerate-certs --ca`);
  return exitCodes.done;
}

async function rotate(session: Session, { yes, force }: Options): Promise<number> {
  const machinist = await session.machinist();
  const people = await machinist.peopleCutOff();
  if (people.length > 0) {
    session.note("To hand out the next CA beforehand: machinist regenerate-certs --ca --prepare");
    const lack = `${listed(people)} will not trust the engines until they have the new ca.pem. Change the CA all the same`;
    if (!(await agreed(session, yes === true || force === true, lack))) return exitCodes.done;
  }
  return operate(session, machinist.rotateAuthority({ signal: session.signal }), {
    again: "machinist regenerate-certs --ca",
  });
}
