import type { EngineSpec } from "@machinist/core";
import { dockerdFlags, dockerFields, withMore } from "@machinist/options";
import type { Command } from "commander";
import { collect } from "./command.ts";
import { usage } from "./usage.ts";

/** What commander makes of the flags below. */
export interface EngineFlags {
  /** `--no-engine`: false. */
  readonly engine: boolean;
  readonly engineOpt?: readonly string[];
  readonly engineInstall?: string;
  readonly engineInstallUrl?: string;
  readonly engineVersion?: string;
  readonly tlsSan?: readonly string[];
  /** Those of Docker's options that have a flag of their own. */
  readonly [flag: string]: boolean | string | readonly string[] | undefined;
}

/** Docker's options with a flag of their own. */
const own = dockerFields.flatMap(({ create, ...option }) => (create ? [{ ...option, ...create }] : []));
type Own = (typeof own)[number];

/** Docker's flags of `create`, named as docker-machine's. */
export function addEngineFlags(command: Command): void {
  command
    .optionsGroup("Docker:")
    .option("--no-engine", "make a machine without Docker")
    .option("--engine-install <source>", "auto, repository, distribution, none, or a script's https URL")
    .option("--engine-install-url <url>", "the same, as docker-machine calls it [$MACHINE_DOCKER_INSTALL_URL]")
    .option("--engine-version <version>", "version or version prefix, where the source can pin one")
    .option("--engine-opt <key=value>", "daemon option, as dockerd's flag without --; may be repeated", collect);
  for (const { flag, placeholder, help, env, type } of own) {
    const told = `${help}${env ? ` [$${env}]` : ""}`;
    if (type === "text") command.option(`--${flag} ${placeholder}`, told);
    else command.option(`--${flag} ${placeholder}`, `${told}; may be repeated`, collect);
  }
  command.option("--tls-san <name>", "one more name or address for the server certificate; may be repeated", collect);
}

type Env = Readonly<Record<string, string | undefined>>;

/** The flags as a manifest's `engine`. */
export function engineOf(flags: EngineFlags, env: Env): EngineSpec | false {
  if (!flags.engine) return false;
  const install = flags.engineInstall ?? flags.engineInstallUrl ?? (env.MACHINE_DOCKER_INSTALL_URL || undefined);
  const opts = dockerdFlags(flags.engineOpt ?? [], (sentence, hint) =>
    usage("value", `--engine-opt ${sentence}`, hint),
  );
  return withMore(opts, {
    ...(install !== undefined && { install }),
    ...(flags.engineVersion !== undefined && { version: flags.engineVersion }),
    ...Object.fromEntries(own.flatMap((option) => given(option, flags, env))),
    ...(flags.tlsSan && { sans: flags.tlsSan }),
  });
}

/** What one flag says, or its variable, as an entry of an EngineSpec. */
function given({ flag, field, type, env: variable }: Own, flags: EngineFlags, env: Env): [string, unknown][] {
  const said = flags[flag.replace(/-./g, ([, letter]) => letter!.toUpperCase())];
  const standing = (variable && env[variable]) || undefined;
  const value = said ?? (standing !== undefined && type !== "text" ? [standing] : standing);
  if (value === undefined) return [];
  return [[field, type === "pairs" ? Object.fromEntries(pairs(`--${flag}`, value as readonly string[])) : value]];
}

/** The flag that says what an EngineSpec has under a name. */
const flagsBySpec: { readonly [name: string]: string } = {
  install: "--engine-install",
  version: "--engine-version",
  sans: "--tls-san",
  ...Object.fromEntries(own.map(({ field, flag }) => [field, `--${flag}`])),
};

/** A refusal of what flags asked of Docker, in words of the command line: nobody has a file to look it up in. */
export function inFlagWords(thrown: unknown): unknown {
  const { option, problem } = thrown as { readonly option?: unknown; readonly problem?: unknown };
  if (typeof option !== "string" || typeof problem !== "string") return thrown;
  return usage("value", `${flagsBySpec[option] ?? "--engine-opt"}: ${problem}`);
}

function pairs(flag: string, texts: readonly string[]): [string, string][] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw usage("value", `${flag} must be KEY=VALUE, not ${JSON.stringify(text)}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}
