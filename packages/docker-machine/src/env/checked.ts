import { CliError } from "../cli-error.ts";
import type { Call } from "../command.ts";
import { swarmUrlOf, urlOf } from "../host/address.ts";
import { checkTls } from "../host/dial.ts";
import { checkDriver } from "../host/driver-known.ts";
import type { Host } from "../host/load.ts";
import { stateOf } from "../list/item.ts";

/** How to reach the Docker of a machine that was just seen to answer, with certificates that are good. */
export interface Reachable {
  readonly name: string;
  readonly url: string;
  /** Where docker finds ca.pem, cert.pem and key.pem. */
  readonly folder: string;
  /** As the driver has it; empty for an engine that has a URL alone. */
  readonly address: string;
}

/** Throws where the machine is not there, or no Docker answers that this store's certificates are good for. */
export async function checked(call: Call, host: Host, swarm: boolean): Promise<Reachable> {
  const { name } = host;
  await checkDriver(call, host);
  const { HostOptions } = host.config;
  if (swarm && !HostOptions.SwarmOptions.Master)
    throw new CliError(
      `${JSON.stringify(name)} is not a swarm master. The --swarm flag is intended for use with swarm masters`,
    );
  const url = swarm ? swarmUrlOf(host) : urlOf(host);
  if (url === "") throw new CliError("Host is not running");
  await checkTls(host, url).catch(async (thrown: unknown) => {
    // That a machine is off is better known than what a connection to it came to.
    const { state, error } = await stateOf(call, host, call.io.signal);
    throw state === "Running" || error !== "" ? thrown : new CliError("Host is not running");
  });
  const { IPAddress } = host.config.Driver;
  return {
    name,
    url,
    // Not where its config.json says that it was: a store may have been moved.
    folder: host.folder,
    address: typeof IPAddress === "string" ? IPAddress : "",
  };
}
