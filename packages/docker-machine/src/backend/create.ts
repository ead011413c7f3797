import { existsSync } from "node:fs";
import { join } from "node:path";
import { asMachinistError, type Data, type DriverModule, type Json } from "@machinist/core";
import { isPrecheckError } from "@machinist/fleet";
import { flagOf, flagsOf, resolveOptions } from "@machinist/options";
import { goUrlProblem, quotedByGo } from "@machinist/values";
import { engineOf, hostOptionsOf } from "../backend/request.ts";
import { CliError, isComplaint } from "../cli-error.ts";
import type { Call } from "../command.ts";
import { loadHost, pathOf } from "../host/load.ts";
import { found } from "./driver-flags.ts";
import { opened, openedWith } from "./open.ts";
import { settled } from "./operate.ts";
import { ensureAuthority, withCertificates } from "./own-certificates.ts";
import { formSwarm } from "./swarm-mode.ts";

/** Make a machine as the command line asks for it. */
export async function create(call: Call, name: string): Promise<void> {
  const driver = String(call.flags.get("driver"));
  const module = await found(call, driver, "Error getting new host: ");
  await refuseFinished(call, name);
  if (driver === "none") checkUrl(String(call.flags.get("url") ?? ""));
  const options = optionsOf(call, module);
  await ensureAuthority(call);
  const { io } = call;
  await using machinist = await openedWith(call, secretsOf(call, module));
  const hostOptions = hostOptionsOf(call, name);
  const run = machinist.create(
    [{ name, driver: module.name, options, engine: engineOf(call), hostOptions: hostOptions as unknown as Data }],
    { signal: io.signal },
  );
  // What is wrong with the flags is found in the same look, and said without a check having been spoken of.
  const saying = ["Running pre-create checks...\n", "Creating machine...\n"];
  const say = (lines: number) => saying.splice(0, lines).map(io.out);
  const begin = () => say(2);
  try {
    await settled(call, run, (event) => event.type === "resource" && begin());
  } catch (thrown) {
    if (isPrecheckError(thrown) && thrown.code === "plugin.options")
      throw new CliError(`${flagsPrefix}${asMachinistError(thrown).message}`);
    if (saying.length === 2) say(1);
    if (isPrecheckError(thrown))
      throw new CliError(`Error with pre-create check: ${JSON.stringify(asMachinistError(thrown).message)}`, {
        code: 3,
      });
    if (isComplaint(thrown)) throw new CliError(`Error creating machine: ${thrown.message}`);
    throw new CliError(`Error creating machine: ${asMachinistError(thrown).message}`);
  }
  begin();
  if (driver === "none") {
    const { folder, config } = loadHost(call.storePath, name);
    await withCertificates({ ...call, folder }, config, {});
  } else await formSwarm(call, machinist, name);
  io.out(
    `To see how to connect your Docker Client to the Docker Engine running on this virtual machine, run: docker-machine env ${name}\n`,
  );
}

/** One whose creation was interrupted is gone on with; docker-machine would have to remove it first. */
async function refuseFinished(call: Call, name: string): Promise<void> {
  const folder = pathOf(call.storePath, name);
  if (folder === undefined) return;
  const isThere = (file: string) => existsSync(join(folder, file));
  // Killed before the first file in it was whole, it has left a folder that is nobody's yet.
  if (!isThere("record.json") && !isThere("config.json")) return;
  if (isThere("record.json")) {
    const machinist = await opened(call);
    if ((await machinist.info(name).catch(() => undefined))?.incomplete) return;
  }
  throw new CliError(`Docker machine ${JSON.stringify(name)} already exists`);
}

/** A driver's options as they were given, checked. Throws in docker-machine's words. */
function optionsOf(call: Call, module: DriverModule): Data {
  const given: Data = {};
  for (const { flag, name, type, whole } of flagsOf(module)) {
    const called = flag.slice(2);
    if (!call.given.has(called)) continue;
    const value = call.flags.get(called);
    given[name] =
      type === "array" && !whole ? (value as readonly string[]).flatMap((one) => one.split(",")) : (value as Json);
  }
  // docker-machine looked at no host key; here the first connection pins what it finds.
  if (module.name === "generic" && given["host-key"] === undefined) given["trust-on-first-use"] ??= true;
  try {
    return resolveOptions(module, given, call.io.env, call.io.cwd);
  } catch (thrown) {
    const error = asMachinistError(thrown);
    throw new CliError(flagsPrefix + worded(module, given, error));
  }
}

const flagsPrefix = "Error setting machine configuration from flags provided: ";

/** Found before anything is begun. An empty one is missing, which is said otherwise. */
function checkUrl(url: string): void {
  const problem = goUrlProblem(url);
  if (problem !== undefined) throw new CliError(`${flagsPrefix}parse ${quotedByGo(url)}: ${problem}`);
}

/** What is missing most often, as docker-machine's own drivers say it. */
function worded(
  module: DriverModule,
  given: Data,
  { code, message }: { readonly code: string; readonly message: string },
): string {
  if (code !== "options.missing") return message;
  if (module.name === "none") return "--url option is required when no driver is selected";
  const missing = module.options.required?.find((name) => given[name] === undefined);
  return missing === undefined
    ? message
    : `${module.name} driver requires the ${flagOf(module.name, missing, module.options.properties[missing]?.["x-flag"])} option`;
}

function secretsOf(call: Call, module: DriverModule): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const [option, { env, flag }] of Object.entries(module.credentials ?? {})) {
    const value = call.flags.get(flagOf(module.name, option, flag).slice(2));
    if (typeof value === "string" && value !== "") secrets[env] = value;
  }
  return secrets;
}
