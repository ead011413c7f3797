import type { Data, EngineSpec, Json } from "@machinist/core";
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
  const opts = daemonOptions(flags.engineOpt ?? []);
  return {
    ...(install !== undefined && { install }),
    ...(flags.engineVersion !== undefined && { version: flags.engineVersion }),
    ...(flags.engineLabel && { labels: Object.fromEntries(pairs("--engine-label", flags.engineLabel)) }),
    ...(flags.engineEnv && { env: Object.fromEntries(pairs("--engine-env", flags.engineEnv)) }),
    ...(flags.engineInsecureRegistry && { insecureRegistries: flags.engineInsecureRegistry }),
    ...(mirrors && { registryMirrors: mirrors }),
    ...(flags.engineStorageDriver !== undefined && { storageDriver: flags.engineStorageDriver }),
    ...(flags.tlsSan && { sans: flags.tlsSan }),
    ...(Object.keys(opts).length > 0 && { options: opts }),
  };
}

function pairs(flag: string, texts: readonly string[]): [string, string][] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw usage("value", `${flag} must be KEY=VALUE, not ${JSON.stringify(text)}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

/** dockerd's repeatable flags, and the plural that daemon.json has for each. */
const lists: { readonly [flag: string]: string } = {
  dns: "dns",
  "dns-opt": "dns-opts",
  "dns-search": "dns-search",
  "exec-opt": "exec-opts",
  "storage-opt": "storage-opts",
  "insecure-registry": "insecure-registries",
  "registry-mirror": "registry-mirrors",
  label: "labels",
  "authorization-plugin": "authorization-plugins",
};

/** `log-driver=journald` and the like as keys of daemon.json, with the types that dockerd insists on. */
export function daemonOptions(texts: readonly string[]): Data {
  const options: Data = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = (at < 0 ? text : text.slice(0, at)).replace(/^--/, "");
    const value = at < 0 ? "true" : text.slice(at + 1);
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      throw usage("value", `--engine-opt must be OPTION=VALUE, not ${JSON.stringify(text)}`);
    const plural = Object.hasOwn(lists, name) ? lists[name]! : undefined;
    if (plural !== undefined) options[plural] = [...((options[plural] as Json[] | undefined) ?? []), value];
    else if (name === "log-opt") options["log-opts"] = { ...(options["log-opts"] as Data | undefined), ...pair(value) };
    else options[name === "graph" ? "data-root" : name] = typed(value);
  }
  return options;
}

const pair = (text: string): Data => Object.fromEntries(pairs("--engine-opt log-opt", [text]));

function typed(value: string): Json {
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
