import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scene } from "./scene.ts";

export interface Kept {
  readonly driver?: string;
  /** What its driver keeps, over what all drivers keep. */
  readonly kept?: object;
  readonly labels?: readonly string[];
  readonly swarm?: object;
}

/** A machine as docker-machine keeps it in its store: by default one of driver generic, at an address that nobody has. */
export function keep(
  { store }: Scene,
  name: string,
  { driver = "generic", kept, labels = [], swarm }: Kept = {},
): string {
  const folder = join(store, "machines", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = { IPAddress: "192.0.2.7", MachineName: name, SSHUser: "ada", SSHPort: 2022, StorePath: store };
  const Driver = { ...base, SSHKeyPath: join(folder, "id_rsa"), EnginePort: 2376, ...kept };
  const certs = join(store, "certs");
  const AuthOptions = {
    ...{ CertDir: certs, CaCertPath: join(certs, "ca.pem"), CaPrivateKeyPath: join(certs, "ca-key.pem") },
    ...{ ClientCertPath: join(certs, "cert.pem"), ClientKeyPath: join(certs, "key.pem"), StorePath: folder },
  };
  const SwarmOptions = { Host: "tcp://0.0.0.0:3376", ...swarm };
  const HostOptions = { EngineOptions: { Labels: labels }, SwarmOptions, AuthOptions };
  const config = { ConfigVersion: 3, Driver, DriverName: driver, HostOptions, Name: name };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 });
  return folder;
}
