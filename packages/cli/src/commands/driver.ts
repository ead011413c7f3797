import { resolve } from "node:path";
import type { DriverView } from "@machinist/fleet";
import { findProgram } from "@machinist/programs";
import { oneLine, pad, widthOf } from "@machinist/terminal-text";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import type { Session } from "../session.ts";
import type { Style } from "../style.ts";
import { usage } from "../usage.ts";

const examples: Examples = [
  ["machinist driver ls", "which drivers there are, and what the others need"],
  ["machinist driver ls --json", "the same for scripts"],
  ["machinist driver add digitalocean", "its package, with npm, into the store"],
  ["machinist driver add ./my-driver", "one of your own, from its folder or a tarball"],
  ["machinist driver add docker://owner/image", "a driver that is a container image"],
  ["machinist driver add docker://owner/image --env AWS_PROFILE", "and pass it one of your environment variables"],
  ["machinist driver add NAME --env AWS_PROFILE", "the same for a program machinist-driver-NAME on PATH"],
  ["machinist driver rm digitalocean", "take it out again"],
  ["machinist driver wrap-docker-machine ~/bin/docker-machine", "have the drivers inside of an old docker-machine"],
];

const note =
  "A program docker-machine-driver-NAME or machinist-driver-NAME on PATH is a driver as it is: it needs no adding. The latter gets the variables that start with its name, and others by --env.";

interface Options {
  readonly env?: string[];
  readonly yes?: boolean;
}

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[action]", "ls (the default), add, rm or wrap-docker-machine")
      .argument(
        "[driver]",
        "a driver's name; for add also a package, a folder, a tarball or docker://IMAGE; for wrap-docker-machine the program's path",
      )
      .option(
        "--env <name...>",
        "for docker://IMAGE or a program on PATH: environment variables to pass, beside those that start with the driver's name",
      )
      .option("-y, --yes", "rm: do not ask; needed without a terminal")
      .allowExcessArguments(false);
    withExamples(command, examples, note);
  },
  async run(session, { args: [action = "ls", driver], options: { env, yes } }) {
    const machinist = await session.machinist();
    const control = { signal: session.signal };
    if (action === "add") {
      const spec = named(action, driver);
      if (env && !spec.startsWith("docker://") && !/^[\w-]+$/.test(spec))
        throw usage(
          "conflict",
          "--env is for a driver in a container image or a program on PATH",
          "A driver's package runs as you, with your environment: leave --env out.",
        );
      const names = await machinist.addDriver(spec.startsWith(".") ? resolve(session.io.cwd, spec) : spec, {
        ...control,
        ...(env ? { env } : {}),
      });
      if (session.globals.json) session.printJson(names);
      else
        for (const name of names)
          session.print(`${session.style.green("✔")} ${name}  next: machinist create -d ${name} --help`);
      return 0;
    }
    if (action === "wrap-docker-machine") {
      const wrapped = await machinist.wrapDockerMachine(resolve(session.io.cwd, oldProgram(session, driver)), control);
      if (session.globals.json) session.printJson(wrapped);
      else
        for (const name of wrapped.drivers)
          session.print(`${session.style.green("✔")} ${name}  next: machinist create -d ${name} --help`);
      return 0;
    }
    if (action === "rm") {
      const name = named(action, driver);
      if (!(await agreed(session, yes === true, `Remove driver ${name} from this store`))) return 0;
      await machinist.removeDriver(name, control);
      if (session.globals.json) session.printJson([name]);
      else session.print(`${session.style.green("✔")} ${name} removed`);
      return 0;
    }
    if ((action !== "ls" && action !== "list") || driver !== undefined)
      throw usage(
        "value",
        `machinist driver knows no ${JSON.stringify(driver === undefined ? action : `${action} ${driver}`)}`,
        "There are: machinist driver ls, machinist driver add NAME, machinist driver rm NAME, machinist driver wrap-docker-machine PATH.",
      );
    const found = await machinist.driversHere(control);
    if (session.globals.json) session.printJson(found);
    else for (const line of driverLines(found, session.style)) session.print(line);
    return 0;
  },
});

/** The docker-machine that was named, or the first on PATH. */
function oldProgram(session: Session, given: string | undefined): string {
  const found = given || findProgram("docker-machine", session.io.env);
  if (found) return found;
  throw usage(
    "missing-argument",
    "machinist driver wrap-docker-machine needs the path of docker-machine: there is none on PATH",
    "For example: machinist driver wrap-docker-machine ~/bin/docker-machine",
  );
}

function named(action: string, driver: string | undefined): string {
  if (driver !== undefined && driver !== "") return driver;
  throw usage(
    "missing-argument",
    `machinist driver ${action} needs the name of a driver`,
    `For example: machinist driver ${action} qemu`,
  );
}

/** A line per driver, what is missing below it. Pure. */
export function driverLines(found: readonly DriverView[], style: Style): string[] {
  const marks = {
    ready: style.green("✔"),
    installed: style.green("✔"),
    unusable: style.yellow("!"),
    broken: style.red("✖"),
    missing: style.dim("·"),
  };
  const width = Math.max(0, ...found.map(({ driver }) => widthOf(driver)));
  return found.flatMap(({ driver, state, description, message, hint, required = [], env = [] }) => {
    const given = env.length > 0 ? ` (gets ${env.join(", ")})` : "";
    const needs = (state === "installed" ? ` (needs ${required.join(", ")})` : "") + given;
    const works = state === "ready" || state === "installed";
    const words = works ? `${description ?? message}${needs}` : message;
    return [
      `${marks[state]} ${pad(driver, width)}  ${oneLine(words)}`,
      ...(hint && !works ? [`  ${" ".repeat(width)}  ${style.dim(`hint: ${oneLine(hint)}`)}`] : []),
    ];
  });
}
