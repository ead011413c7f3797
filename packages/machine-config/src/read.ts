import { dirname, join } from "node:path";
import {
  type AuthOptions,
  baseDriver,
  type DriverConfig,
  defaultInstallUrl,
  defaultSwarmHost,
  type EngineOptions,
  type HostOptions,
  type MachineConfig,
  type SwarmOptions,
  zeroAuth,
  zeroEngine,
  zeroSwarm,
} from "./config.ts";
import { ConfigError, parseGoJson } from "./go-json.ts";

type Raw = { readonly [key: string]: unknown };

/**
 * A config.json of any version as version 3, migrated as docker-machine 0.16.2 does. `storePath`: the store that it
 * lies in, which a file from elsewhere may not name. Throws a {@link ConfigError} in docker-machine's words.
 */
export function readConfig(text: string, name: string, storePath: string): MachineConfig {
  const raw = parseGoJson(text);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new ConfigError(`json: cannot unmarshal ${goKind(raw)} into Go value of type host.MetadataV0`);
  const fields = raw as Raw;
  const version = typeof fields.ConfigVersion === "number" ? fields.ConfigVersion : 0;
  if (version > 3)
    throw new ConfigError("config version is from the future -- you should upgrade your Docker Machine client");
  const driver = { ...baseDriver(storePath), ...object(fields.Driver), StorePath: storePath } as DriverConfig;
  return {
    ConfigVersion: 3,
    Driver: driver,
    DriverName: typeof fields.DriverName === "string" ? fields.DriverName : "",
    HostOptions: version === 0 ? fromVersion0(fields) : hostOptions(object(fields.HostOptions), version),
    Name: typeof fields.Name === "string" && fields.Name !== "" ? fields.Name : name,
  };
}

/** In version 0 all of it lay beside the driver. */
function fromVersion0(fields: Raw): HostOptions {
  const auth = object({ ...fields, StorePath: "" });
  return {
    Driver: "",
    Memory: 0,
    Disk: 0,
    EngineOptions: { ...zeroEngine, TlsVerify: true, InstallURL: defaultInstallUrl },
    SwarmOptions: like(zeroSwarm, {
      Master: fields.SwarmMaster,
      Host: fields.SwarmHost ?? defaultSwarmHost,
      Discovery: fields.SwarmDiscovery,
    }),
    AuthOptions: authOptions(auth, 0),
  };
}

function hostOptions(raw: Raw, version: number): HostOptions {
  return {
    ...like({ Driver: "", Memory: 0, Disk: 0 }, raw),
    EngineOptions: like<EngineOptions>(zeroEngine, object(raw.EngineOptions)),
    SwarmOptions: like<SwarmOptions>(zeroSwarm, object(raw.SwarmOptions)),
    AuthOptions: authOptions(object(raw.AuthOptions), version),
  };
}

/** Before version 2 the store stood where the machine's folder stands now, and a CA's key had a shorter name. */
function authOptions(raw: Raw, version: number): AuthOptions {
  const auth = like<AuthOptions>(zeroAuth, raw);
  if (version >= 3) return auth;
  const key = raw.CaPrivateKeyPath ?? raw.PrivateKeyPath;
  const named = { ...auth, CaPrivateKeyPath: typeof key === "string" ? key : "" };
  if (version === 2) return named;
  const store = dirname(dirname(auth.StorePath));
  return { ...named, CertDir: join(store, "certs"), StorePath: store };
}

/** The fields of a struct, each where it has the struct's own type; what Go's decoder would refuse stays zero. */
function like<T extends object>(zero: T, raw: Raw): T {
  const entries = Object.entries(zero).map(([key, standard]) => {
    const value = raw[key];
    const list = standard === null;
    const fits = list ? Array.isArray(value) : typeof value === typeof standard;
    return [key, fits ? (list ? (value as unknown[]).map(asText) : value) : standard];
  });
  return Object.fromEntries(entries) as T;
}

const object = (value: unknown): Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};

const goKind = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;

const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
