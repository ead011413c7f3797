import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Endpoint, MachinistError } from "@machinist/core";
import type { MachineInfo, Machinist } from "@machinist/fleet";
import type { ConnectInfo, ConnectorConfig } from "./contract.ts";

/** How long a machine may take to say what it is, in ms. */
const ASK_MS = 60_000;

/** Go's names of what `uname -m` says. */
const architectures: { readonly [name: string]: string } = {
  ...{ x86_64: "amd64", aarch64: "arm64", armv7l: "arm", armv6l: "arm", i686: "386" },
};

/** How the runner logs in: as config.toml says, and where it does not say, as machinist does. */
export async function connectInfoOf(
  machinist: Machinist,
  info: MachineInfo,
  connector: ConnectorConfig,
): Promise<ConnectInfo> {
  const { name, endpoint, leaseUntil } = info;
  if (endpoint === undefined)
    throw new MachinistError("fleeting.no-ssh", `${name} has no SSH that jobs could be run over`, {
      hint: `Machines of driver ${info.driver} cannot serve a runner`,
    });
  return {
    ...connector,
    os: connector.os || "linux",
    arch: connector.arch || (await architectureOf(machinist, name)),
    protocol: "ssh",
    protocolPort: connector.protocolPort || endpoint.port,
    username: connector.username || endpoint.user,
    key: connector.useStaticCredentials && connector.key ? connector.key : await keyOf(machinist, info, endpoint),
    id: name,
    externalAddress: endpoint.host,
    internalAddress: endpoint.privateHost ?? endpoint.host,
    ...(leaseUntil === undefined ? {} : { expires: leaseUntil }),
  };
}

async function architectureOf(machinist: Machinist, name: string): Promise<string> {
  const signal = AbortSignal.timeout(ASK_MS);
  const host = await machinist.host(name, { signal });
  const { stdout } = await host.run(["uname", "-m"], { signal });
  const said = stdout.trim();
  return architectures[said] ?? said;
}

/** The private key that machinist made for this machine, or for all that are in its fleet. */
async function keyOf(
  machinist: Machinist,
  { name, folder, fleet }: MachineInfo,
  { keyPath }: Endpoint,
): Promise<string> {
  const paths = keyPath
    ? [keyPath]
    : [folder, join(machinist.storagePath, "fleets", fleet)].map((each) => join(each, "id_ed25519"));
  for (const path of paths) {
    const key = await readFile(path, "utf8").catch(() => undefined);
    if (key !== undefined) return key;
  }
  throw new MachinistError("fleeting.key", `The SSH key of ${name} is not at ${paths.join(" or ")}`, {
    hint: `Remove it, and the runner makes another: machinist rm ${name}`,
  });
}
