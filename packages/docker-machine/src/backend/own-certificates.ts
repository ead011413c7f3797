import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MachineConfig } from "@machinist/machine-config";
import { createCertificates } from "@machinist/provision";
import { takeGivenPairs } from "../backend/given-pairs.ts";
import type { Call } from "../command.ts";
import { hostPort } from "../host/address.ts";

/** The store's CA and client pair: those that flags name, or made on first use and told of as docker-machine does. */
export async function ensureAuthority(call: Pick<Call, "globals" | "io" | "storePath">): Promise<void> {
  const { io, storePath } = call;
  const leaveCopies = await takeGivenPairs(call);
  const folder = join(storePath, "certs");
  const certificates = createCertificates({ folder });
  if (!existsSync(join(folder, "ca.pem"))) io.out(`Creating CA: ${join(folder, "ca.pem")}\n`);
  await certificates.ca();
  if (!existsSync(join(folder, "cert.pem"))) io.out(`Creating client certificate: ${join(folder, "cert.pem")}\n`);
  await certificates.client();
  await leaveCopies();
}

/**
 * Give a machine whose Docker is somebody else's what a client needs to talk to it over TLS, and a server pair for
 * whoever runs it. docker-machine leaves a client pair that is gone as it is.
 */
export async function withCertificates(
  { storePath, folder }: Pick<Call, "storePath"> & { readonly folder: string },
  { Driver, HostOptions, Name }: MachineConfig,
  { client = false }: { readonly client?: boolean },
): Promise<void> {
  const certificates = createCertificates({ folder: join(storePath, "certs") });
  if (client) await certificates.renewClient();
  const address = hostPort(String(Driver.URL ?? "")).replace(/:\d+$/, "");
  const sans = [...(HostOptions.AuthOptions.ServerCertSANs ?? []), address, "localhost"].filter((name) => name !== "");
  const server = await certificates.issueServer({ machine: Name, sans: [...new Set(sans)] });
  await certificates.keepServer(folder, server);
  await certificates.copyTo(folder);
}
