import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Data, type Driver, type ScopeRecord, writeAtomic } from "@machinist/core";
import {
  baseDriver,
  configText,
  type HostOptions,
  type MachineConfig,
  zeroAuth,
  zeroEngine,
  zeroSwarm,
} from "@machinist/machine-config";
import { type DockerKey, dockerFields } from "@machinist/options";
import { plainName } from "./drivers.ts";
import { keyFile, keyPathOf } from "./identities.ts";
import { knownReach } from "./reach.ts";
import type { Workspace } from "./workspace.ts";

/**
 * `config.json`, version 3, as docker-machine's readers expect it: a projection of our record for other programs, never
 * read back where there is a record. Holds no secret.
 */
export async function projectConfig(workspace: Workspace, record: ScopeRecord): Promise<void> {
  const path = join(workspace.store.folder(record.scope), "config.json");
  const text = configText(await configOf(workspace, record));
  if ((await readFile(path, "utf8").catch(() => undefined)) !== text) await writeAtomic(path, text, 0o600);
}

async function configOf(workspace: Workspace, record: ScopeRecord): Promise<MachineConfig> {
  const { scope: name, machine } = record;
  const states = await workspace.states(record);
  const driver = machine ? await workspace.drivers.driver(machine.driver).catch(() => undefined) : undefined;
  const { endpoint, url } = knownReach(driver, name, states);
  return {
    ConfigVersion: 3,
    Driver: {
      ...baseDriver(workspace.store.path),
      MachineName: name,
      IPAddress: endpoint?.host ?? "",
      SSHUser: endpoint?.user ?? "root",
      SSHPort: endpoint?.port ?? 22,
      SSHKeyPath: endpoint?.keyPath ?? keyPath(workspace, record, driver),
      // docker-machine asks its driver; whoever only reads this file needs it said.
      ...(url === undefined ? {} : { URL: url }),
      ...(machine && driver?.dockerMachine?.write?.(name, machine.options, states)),
    },
    DriverName: plainName(machine?.driver ?? ""),
    HostOptions: hostOptionsOf(workspace, record),
    Name: name,
  };
}

function keyPath(workspace: Workspace, record: ScopeRecord, driver: Driver | undefined): string {
  if (driver) return keyPathOf(workspace, driver, record.scope, record.fleet);
  return join(workspace.store.folder(record.scope), keyFile);
}

/** What docker-machine's command line asked for stays as it was asked for; all else is what the engine is told. */
function hostOptionsOf(workspace: Workspace, { scope: name, machine }: ScopeRecord): HostOptions {
  const folder = workspace.store.folder(name);
  const certs = workspace.certsFolder;
  const engine = typeof machine?.engine === "object" ? machine.engine : {};
  const own: HostOptions = {
    Driver: "",
    Memory: 0,
    Disk: 0,
    EngineOptions: {
      ...zeroEngine,
      ArbitraryFlags: [],
      ...configOptions(engine),
      TlsVerify: true,
      InstallURL: typeof engine.install === "string" ? engine.install : "",
    },
    SwarmOptions: { ...zeroSwarm, ArbitraryFlags: [], ArbitraryJoinFlags: [] },
    AuthOptions: {
      ...zeroAuth,
      CertDir: certs,
      CaCertPath: join(certs, "ca.pem"),
      CaPrivateKeyPath: join(certs, "ca-key.pem"),
      ServerCertPath: join(folder, "server.pem"),
      ServerKeyPath: join(folder, "server-key.pem"),
      ClientKeyPath: join(certs, "key.pem"),
      ClientCertPath: join(certs, "cert.pem"),
      ServerCertSANs: listOf(engine.sans),
      StorePath: folder,
    },
  };
  const asked = machine?.hostOptions as Partial<HostOptions> | undefined;
  // Its own folder is where it is now: machines are renamed, and stores are moved.
  const { StorePath, ServerCertPath, ServerKeyPath } = own.AuthOptions;
  const AuthOptions = { ...own.AuthOptions, ...asked?.AuthOptions, StorePath, ServerCertPath, ServerKeyPath };
  return { ...own, ...asked, AuthOptions };
}

/** Docker's options that docker-machine's file has a place for. */
function configOptions(engine: Data): Record<string, string | string[]> {
  return Object.fromEntries(
    dockerFields.flatMap(({ config, field, type }) => (config ? [[config, configValue(type, engine[field])]] : [])),
  );
}

function configValue(type: DockerKey["type"], value: unknown): string | string[] {
  if (type === "pairs") return pairs(value);
  if (type === "texts") return listOf(value);
  return typeof value === "string" ? value : "";
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const pairs = (value: unknown): string[] => Object.entries(value ?? {}).map(([key, each]) => `${key}=${String(each)}`);
