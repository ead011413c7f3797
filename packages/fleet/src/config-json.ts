import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ScopeRecord, writeAtomic } from "@machinist/core";
import { keyScope } from "./identities.ts";
import type { Workspace } from "./workspace.ts";

/**
 * `config.json`, version 3, as docker-machine's readers expect it: a projection of our record for other programs, never
 * read back here. Holds no secret.
 */
export async function projectConfig(workspace: Workspace, record: ScopeRecord): Promise<void> {
  const path = join(workspace.store.folder(record.scope), "config.json");
  const text = JSON.stringify(await configOf(workspace, record), undefined, 4);
  if ((await readFile(path, "utf8").catch(() => undefined)) !== text) await writeAtomic(path, text, 0o600);
}

async function configOf(workspace: Workspace, record: ScopeRecord): Promise<object> {
  const { scope: name, machine } = record;
  const folder = workspace.store.folder(name);
  const certs = workspace.certsFolder;
  const driver = machine ? await workspace.drivers.driver(machine.driver).catch(() => undefined) : undefined;
  const endpoint = driver?.endpoint?.(name, await workspace.states(record));
  const keyFolder = driver ? workspace.store.folder(keyScope(driver, name, record.fleet)) : folder;
  const engine = typeof machine?.engine === "object" ? machine.engine : {};
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const pairs = (value: unknown): string[] =>
    Object.entries(value ?? {}).map(([key, each]) => `${key}=${String(each)}`);
  return {
    ConfigVersion: 3,
    Driver: {
      IPAddress: endpoint?.host ?? "",
      MachineName: name,
      SSHUser: endpoint?.user ?? "root",
      SSHPort: endpoint?.port ?? 22,
      SSHKeyPath: endpoint?.keyPath ?? join(keyFolder, "id_ed25519"),
      StorePath: workspace.store.path,
      SwarmMaster: false,
      SwarmHost: "",
      SwarmDiscovery: "",
    },
    DriverName: machine?.driver ?? "",
    HostOptions: {
      Driver: "",
      Memory: 0,
      Disk: 0,
      EngineOptions: {
        ArbitraryFlags: [],
        Dns: list(engine.dns),
        GraphDir: "",
        Env: pairs(engine.env),
        Ipv6: false,
        InsecureRegistry: list(engine.insecureRegistries),
        Labels: pairs(engine.labels),
        LogLevel: "",
        StorageDriver: typeof engine.storageDriver === "string" ? engine.storageDriver : "",
        SelinuxEnabled: false,
        TlsVerify: true,
        RegistryMirror: list(engine.registryMirrors),
        InstallURL: typeof engine.install === "string" ? engine.install : "",
      },
      SwarmOptions: {
        IsSwarm: false,
        Address: "",
        Discovery: "",
        Agent: false,
        Master: false,
        Host: "",
        Image: "",
        Strategy: "",
        Heartbeat: 0,
        Overcommit: 0,
        ArbitraryFlags: [],
        ArbitraryJoinFlags: [],
        Env: null,
        IsExperimental: false,
      },
      AuthOptions: {
        CertDir: certs,
        CaCertPath: join(certs, "ca.pem"),
        CaPrivateKeyPath: join(certs, "ca-key.pem"),
        CaCertRemotePath: "",
        ServerCertPath: join(folder, "server.pem"),
        ServerKeyPath: join(folder, "server-key.pem"),
        ClientKeyPath: join(certs, "key.pem"),
        ServerCertRemotePath: "",
        ServerKeyRemotePath: "",
        ClientCertPath: join(certs, "cert.pem"),
        ServerCertSANs: list(engine.sans),
        StorePath: folder,
      },
    },
    Name: name,
  };
}
