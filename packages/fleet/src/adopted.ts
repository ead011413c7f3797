import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type Data,
  type DriverModule,
  type EngineSpec,
  isFleetScope,
  isMachinistError,
  MachinistError,
  readAtMost,
  type SavedResource,
  type ScopeRecord,
} from "@machinist/core";
import { isConfigError, type MachineConfig, readConfig } from "@machinist/machine-config";
import { dockerdFlags, dockerFields, resolveOptions, withMore } from "@machinist/options";
import type { Drivers } from "./drivers.ts";
import { otherService } from "./service-options.ts";
import { defaultFleet } from "./unfinished.ts";

/**
 * A machine that docker-machine made, as a record of ours: from its config.json alone, so that looking at it writes
 * nothing. It is saved as ours with the first thing that is done to it, and its secrets are gone from the file then.
 * Undefined where there is none. Throws `store.corrupt`, and `driver.*` where its driver is not here.
 */
export async function adopted(
  storePath: string,
  scope: string,
  drivers: Drivers,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ScopeRecord | undefined> {
  if (isFleetScope(scope)) return undefined;
  const path = join(storePath, "machines", scope, "config.json");
  const text = await configText(path);
  if (text === undefined) return undefined;
  const config = configOf(text, scope, storePath, path);
  const name = await drivers.nameOfDockerMachine(config.DriverName);
  const driver = await drivers.driver(name);
  const form = driver.dockerMachine?.read;
  if (!form)
    throw new MachinistError(
      "store.corrupt",
      `The record of ${scope} is gone, and driver ${name} reads no config.json: ${path}`,
      {
        hint: `Restore its record.json from a backup, or forget the machine with \`machinist rm -f ${scope}\``,
      },
    );
  const module = await drivers.module(name);
  const complete = (options: Data) => resolveOptions(module, options, env);
  const { options, resources } = form(config.Driver as Data, scope, complete);
  refuseOtherService(module, options, env, path);
  const engine = driver.engineUrl ? false : engineOf(config);
  const parents = resources.map(({ id }) => id);
  const saved: Found[] = [
    ...resources,
    ...(engine ? [await engineResource(config, { machine: scope, engine, parents })] : []),
  ];
  return {
    version: 1,
    scope,
    uid: uidOf(storePath, scope),
    // docker-machine's machines are of it too.
    fleet: defaultFleet,
    uses: [],
    lastGeneration: saved.length,
    machine: {
      driver: name,
      options: completed(complete, options),
      engine,
      createdAt: 0,
      hostOptions: config.HostOptions as unknown as Data,
    },
    resources: Object.fromEntries(saved.map((each, index) => [each.id, asSaved(each, index + 1)])),
  };
}

/** What docker-machine took and we would refuse stays as it is: the machine must be seen, and can be removed. */
function completed(complete: (options: Data) => Data, options: Data): Data {
  try {
    return complete(options);
  } catch (thrown) {
    if (isMachinistError(thrown) && thrown.code.startsWith("options.")) return options;
    throw thrown;
  }
}

/** The file may have come from anybody: which service gets the user's credentials is said by this computer. */
function refuseOtherService(
  module: DriverModule,
  options: Data,
  env: Readonly<Record<string, string | undefined>>,
  path: string,
): void {
  const other = otherService(module, options, env);
  if (!other) return;
  const { option, theirs, ours, variable } = other;
  throw new MachinistError(
    "store.service",
    `${path} sets ${option} to ${theirs}, but this computer uses ${ours}: your ${module.name} credentials would be sent there`,
    { hint: `If you trust that service, set ${variable} to it` },
  );
}

function configOf(text: string, scope: string, storePath: string, path: string): MachineConfig {
  try {
    return readConfig(text, scope, storePath);
  } catch (thrown) {
    if (!isConfigError(thrown)) throw thrown;
    throw new MachinistError(
      "store.corrupt",
      `What docker-machine kept of ${scope} is damaged (${thrown.message}): ${path}`,
      {
        hint: `Restore the file from a backup, or forget the machine with \`machinist rm -f ${scope}\``,
      },
    );
  }
}

type Found = Omit<SavedResource, "generation" | "status" | "intentAt">;

const asSaved = (resource: Found, generation: number): SavedResource => ({
  ...resource,
  generation,
  status: "created",
  intentAt: 0,
});

/** Docker as docker-machine's flags asked for it, for the next provision to make so. */
function engineOf({ HostOptions: { EngineOptions: engine, AuthOptions: auth }, Driver }: MachineConfig): Data {
  const port = typeof Driver.EnginePort === "number" && Driver.EnginePort > 0 ? Driver.EnginePort : undefined;
  const flags = (engine.ArbitraryFlags ?? []).map(spec).reduce(withMore, {});
  return withMore(flags, {
    ...Object.fromEntries(dockerFields.flatMap((option) => inConfig(option, engine))),
    sans: [...(auth.ServerCertSANs ?? [])],
    ...(port === undefined ? {} : { port }),
  }) as Data;
}

/** One of Docker's options as an entry of an EngineSpec. A list that docker-machine has a flag for is there even when empty. */
function inConfig(
  { config, field, type, create }: (typeof dockerFields)[number],
  engine: MachineConfig["HostOptions"]["EngineOptions"],
): [string, unknown][] {
  const value = config && engine[config];
  if (!value?.length && (type === "text" || !create)) return [];
  if (!config) return [];
  if (type === "pairs") return [[field, pairs(value)]];
  return [[field, typeof value === "string" ? value : [...(value ?? [])]]];
}

const pairs = (texts: readonly string[] | string | null | undefined) =>
  Object.fromEntries(
    [texts ?? []]
      .flat()
      .map((text) => [text.replace(/=.*$/s, ""), text.includes("=") ? text.replace(/^[^=]*=/, "") : ""]),
  );

/** One of `--engine-opt`. What machinist sets itself, and could not take, is left out: the machine's Docker had it before. */
function spec(flag: string): EngineSpec {
  try {
    return dockerdFlags([flag], (sentence) => new MachinistError("options.invalid", sentence));
  } catch {
    return {};
  }
}

async function engineResource(
  { Driver, DriverName }: MachineConfig,
  {
    machine,
    engine,
    parents,
  }: { readonly machine: string; readonly engine: Data; readonly parents: readonly string[] },
): Promise<Found> {
  const { engineProps } = await import("@machinist/provision");
  const props = engineProps(engine, { machine, driver: DriverName });
  const address = typeof Driver.IPAddress === "string" ? Driver.IPAddress : "";
  const host = address.includes(":") ? `[${address}]` : address;
  const state: Data = address === "" ? {} : { url: `tcp://${host}:${props.port}`, address };
  return { id: `${machine}/engine`, kind: "docker.engine", props, parents, state };
}

/** The same each time until it is saved, and no other machine's of any store. */
function uidOf(storePath: string, scope: string): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const bytes = createHash("sha256").update(`${storePath}\0${scope}`).digest();
  return `m${[...bytes.subarray(0, 14)].map((byte) => alphabet[byte % 32]).join("")}`;
}

/** docker-machine's own take some KiB. Bytes. */
const MOST_CONFIG = 4 * 2 ** 20;

/** Undefined where there is none that can be read. Throws `file.too-large`. */
const configText = (path: string): Promise<string | undefined> =>
  readAtMost(path, MOST_CONFIG, "The file").then(
    (bytes) => bytes.toString("utf8"),
    (thrown: unknown) => {
      if (isMachinistError(thrown)) throw thrown;
      return undefined;
    },
  );
