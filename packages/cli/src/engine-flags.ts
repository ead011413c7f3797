import type { EngineSpec } from "@machinist/core";
import { dockerdFlags, withMore } from "@machinist/options";
import type { Command } from "commander";
import { collect } from "./command.ts";
import { usage } from "./usage.ts";

/** What commander makes of the flags below. */
export interface EngineFlags {
  /** `--no-engine`: false. */
  readonly engine: boolean;
  readonly engineLabel?: readonly string[];
  readonly engineEnv?: readonly string[];
  readonly engineOpt?: readonly string[];
  readonly engineInsecureRegistry?: readonly string[];
  readonly engineRegistryMirror?: readonly string[];
  readonly engineStorageDriver?: string;
  readonly engineInstall?: string;
  readonly engineInstallUrl?: string;
  readonly engineVersion?: string;
  readonly tlsSan?: readonly string[];
}

/** Docker's flags of `create`, named as docker-machine's. */
export function addEngineFlags(command: Command): void {
  command
    .optionsGroup("Docker:")
    .option("--no-engine", "make a machine without Docker")
    .option("--engine-install <source>", "auto, repository, distribution, none, or a script's https URL")
    .option("--engine-install-url <url>", "the same, as docker-machine calls it [$MACHINE_DOCKER_INSTALL_URL]")
    .option("--engine-version <version>", "version or version prefix, where the source can pin one")
    .option("--engine-label <key=value>", "label of the engine; may be repeated", collect)
    .option("--engine-env <key=value>", "environment variable of the daemon; may be repeated", collect)
    .option("--engine-opt <key=value>", "daemon option, as dockerd's flag without --; may be repeated", collect)
    .option("--engine-insecure-registry <address>", "registry without valid TLS; may be repeated", collect)
    .option("--engine-registry-mirror <url>", "mirror [$ENGINE_REGISTRY_MIRROR]; may be repeated", collect)
    .option("--engine-storage-driver <name>", "storage driver")
    .option("--tls-san <name>", "one more name or address for the server certificate; may be repeated", collect);
}

type Env = Readonly<Record<string, string | undefined>>;

/** The flags as a manifest's `engine`. */
export function engineOf(flags: EngineFlags, env: Env): EngineSpec | false {
  if (!flags.engine) return false;
  const install = flags.engineInstall ?? flags.engineInstallUrl ?? (env.MACHINE_DOCKER_INSTALL_URL || undefined);
  const mirrors = flags.engineRegistryMirror ?? (env.ENGINE_REGISTRY_MIRROR ? [env.ENGINE_REGISTRY_MIRROR] : undefined);
  const opts = dockerdFlags(flags.engineOpt ?? [], (sentence, hint) =>
    usage("value", `--engine-opt ${sentence}`, hint),
  );
  return withMore(opts, {
    ...(install !== undefined && { install }),
    ...(flags.engineVersion !== undefined && { version: flags.engineVersion }),
    ...(flags.engineLabel && { labels: Object.fromEntries(pairs("--engine-label", flags.engineLabel)) }),
    ...(flags.engineEnv && { env: Object.fromEntries(pairs("--engine-env", flags.engineEnv)) }),
    ...(flags.engineInsecureRegistry && { insecureRegistries: flags.engineInsecureRegistry }),
    ...(mirrors && { registryMirrors: mirrors }),
    ...(flags.engineStorageDriver !== undefined && { storageDriver: flags.engineStorageDriver }),
    ...(flags.tlsSan && { sans: flags.tlsSan }),
  });
}

/** The flag that says what an EngineSpec has under a name. */
const flagsBySpec: { readonly [name: string]: string } = {
  install: "--engine-install",
  version: "--engine-version",
  labels: "--engine-label",
  env: "--engine-env",
  insecureRegistries: "--engine-insecure-registry",
  registryMirrors: "--engine-registry-mirror",
  storageDriver: "--engine-storage-driver",
  sans: "--tls-san",
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
