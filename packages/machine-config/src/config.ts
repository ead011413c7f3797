/**
 * `machines/NAME/config.json`, version 3, in the order in which docker-machine 0.16.2 writes it. Other programs read it
 * too (gitlab-runner, Rancher, scripts).
 */
export interface MachineConfig {
  readonly ConfigVersion: 3;
  /** The driver's own; docker-machine keeps it as it comes, and so does this. */
  readonly Driver: DriverConfig;
  readonly DriverName: string;
  readonly HostOptions: HostOptions;
  readonly Name: string;
}

export type DriverConfig = { readonly [key: string]: unknown };

export interface HostOptions {
  readonly Driver: string;
  readonly Memory: number;
  readonly Disk: number;
  readonly EngineOptions: EngineOptions;
  readonly SwarmOptions: SwarmOptions;
  readonly AuthOptions: AuthOptions;
}

/** Null where Go had no list, which templates and scripts can tell from an empty one. */
type List = readonly string[] | null;

export interface EngineOptions {
  readonly ArbitraryFlags: List;
  readonly Dns: List;
  readonly GraphDir: string;
  readonly Env: List;
  readonly Ipv6: boolean;
  readonly InsecureRegistry: List;
  readonly Labels: List;
  readonly LogLevel: string;
  readonly StorageDriver: string;
  readonly SelinuxEnabled: boolean;
  readonly TlsVerify: boolean;
  readonly RegistryMirror: List;
  readonly InstallURL: string;
}

export interface SwarmOptions {
  readonly IsSwarm: boolean;
  readonly Address: string;
  readonly Discovery: string;
  readonly Agent: boolean;
  readonly Master: boolean;
  readonly Host: string;
  readonly Image: string;
  readonly Strategy: string;
  readonly Heartbeat: number;
  readonly Overcommit: number;
  readonly ArbitraryFlags: List;
  readonly ArbitraryJoinFlags: List;
  readonly Env: List;
  readonly IsExperimental: boolean;
}

export interface AuthOptions {
  readonly CertDir: string;
  readonly CaCertPath: string;
  readonly CaPrivateKeyPath: string;
  readonly CaCertRemotePath: string;
  readonly ServerCertPath: string;
  readonly ServerKeyPath: string;
  readonly ClientKeyPath: string;
  readonly ServerCertRemotePath: string;
  readonly ServerKeyRemotePath: string;
  readonly ClientCertPath: string;
  readonly ServerCertSANs: List;
  readonly StorePath: string;
}

/** What every driver of docker-machine has, before its own. */
export const baseDriver = (storePath: string) => ({
  IPAddress: "",
  MachineName: "",
  SSHUser: "",
  SSHPort: 0,
  SSHKeyPath: "",
  StorePath: storePath,
  SwarmMaster: false,
  SwarmHost: "",
  SwarmDiscovery: "",
});

/** Go's zero values, with null for lists. */
export const zeroEngine: EngineOptions = {
  ArbitraryFlags: null,
  Dns: null,
  GraphDir: "",
  Env: null,
  Ipv6: false,
  InsecureRegistry: null,
  Labels: null,
  LogLevel: "",
  StorageDriver: "",
  SelinuxEnabled: false,
  TlsVerify: false,
  RegistryMirror: null,
  InstallURL: "",
};

export const zeroSwarm: SwarmOptions = {
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
  ArbitraryFlags: null,
  ArbitraryJoinFlags: null,
  Env: null,
  IsExperimental: false,
};

export const zeroAuth: AuthOptions = {
  CertDir: "",
  CaCertPath: "",
  CaPrivateKeyPath: "",
  CaCertRemotePath: "",
  ServerCertPath: "",
  ServerKeyPath: "",
  ClientKeyPath: "",
  ServerCertRemotePath: "",
  ServerKeyRemotePath: "",
  ClientCertPath: "",
  ServerCertSANs: null,
  StorePath: "",
};

/** What docker-machine's `create` asks for where nothing else is said. */
export const defaultInstallUrl = "https://get.docker.com";
export const defaultSwarmHost = "tcp://0.0.0.0:3376";

/** The text of a config.json, as Go's MarshalIndent writes it with four spaces. */
export const configText = (config: MachineConfig): string => goJson(config, 4);

/** JSON as Go's encoder wrote it for docker-machine: also what HTML would take for markup is escaped, \b and \f by number. */
export const goJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, undefined, indent).replace(/[<>&\u2028\u2029]|\\./g, (found) => {
    if (found.startsWith("\\")) return found === "\\b" ? "\\u0008" : found === "\\f" ? "\\u000c" : found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
