import { type Call, type Host, type Level, MachinistError, type Output, type RunOptions } from "@machinist/core";
import type { Bundle } from "./bundle.ts";
import { encoded } from "./environment.ts";
import { hiding, withoutQuotes } from "./hidden.ts";
import type { ProjectProps } from "./plan.ts";
import { type Reading, readingOf } from "./reading.ts";
import { asRefusedLogin } from "./refused-login.ts";
import { asRoot, failureOf, whileLogging } from "./remote.ts";
import { CLEAN, READ_CONFIG, RUN_WITH_ENV, remoteProject, WITH_LOGINS } from "./remote-scripts.ts";

/** The real `docker compose` of a machine, over what was carried there. */
export interface ComposeCommand {
  /** How it reads the files. Changes nothing. Throws `compose.refused` with its own words. */
  read(): Promise<Reading>;
  /** Brings up the project, or only the named services again. Throws `compose.failed`. */
  up(again?: readonly string[]): Promise<void>;
}

/** `logins`: to registries, as the text of a docker config.json. */
export function composeCommand(host: Host, bundle: Bundle, call: Call<ProjectProps>, logins?: string): ComposeCommand {
  const { name, profiles, machine } = call.props;
  const project = remoteProject(name);
  const argv = [
    ...["docker", "compose", "-p", name, "--project-directory", `${project}/${bundle.folder}`],
    ...bundle.composeFiles.flatMap((file) => ["-f", `${project}/${file}`]),
    ...bundle.envFiles.flatMap((file) => ["--env-file", `${project}/${file}`]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
  ];
  const hideValues = hiding(bundle.secrets);
  const hide = (said: string) => hideValues(withoutQuotes(said, bundle.asked));
  const log = (message: string, level?: Level) => {
    const shown = hide(message);
    if (shown !== "") call.log(shown, level);
  };
  const hiddenCall = { ...call, log };
  const run = async (command: readonly string[], options: RunOptions): Promise<Output> => {
    const login = logins === undefined ? [] : ["sh", "-c", WITH_LOGINS, "sh"];
    const lines = logins === undefined ? "" : `${Buffer.from(logins).toString("base64")}\n`;
    const output = await host.run(["sh", "-c", CLEAN, "sh", ...login, "sh", "-c", RUN_WITH_ENV, "sh", ...command], {
      ...options,
      stdin: `${lines}${encoded(bundle.environment)}`,
    });
    if (output.code === 0) return output;
    return { ...output, stdout: hide(output.stdout), stderr: hide(output.stderr) };
  };
  const orphans = ignoresOrphans(bundle.lookup("COMPOSE_IGNORE_ORPHANS")) ? [] : ["--remove-orphans"];
  return {
    async read() {
      // What it prints holds every value of the project: it is logged nowhere.
      const output = await run(["sh", "-c", READ_CONFIG, "sh", ...argv, "config", "--format", "json"], asRoot(call));
      if (output.code !== 0) throw refused(output, call);
      return readingOf(output.stdout, output.stderr, bundle.asked);
    },
    async up(again = []) {
      // Not --wait: it takes a job that has ended, as it should, for a failure.
      const words = again.length === 0 ? ["--build", ...orphans] : ["--no-deps", "--force-recreate", ...again];
      const output = await run([...argv, "up", "-d", ...words], whileLogging(hiddenCall));
      if (output.code === 0) return;
      const failure = failureOf(output, "compose.failed", `docker compose up of ${name} failed on ${machine}`, call);
      throw asRefusedLogin(failure, output.stderr, call);
    },
  };
}

/** Compose takes no order to remove them then. */
const ignoresOrphans = (value: string | undefined): boolean => /^(?:1|t|true|y|yes)$/i.test(value ?? "");

function refused(output: Output, call: Call<ProjectProps>): MachinistError {
  const { name, machine } = call.props;
  const sentence = `docker compose on ${machine} refuses ${name}`;
  const failure = failureOf(output, "compose.refused", sentence, call);
  if (failure.code !== "compose.refused") return failure;
  return new MachinistError("compose.refused", failure.message, {
    cause: failure.cause,
    hint: "Put the compose file right, or bring a newer compose to the machine if it is too old for it",
  });
}
