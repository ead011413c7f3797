import type { EngineSpec } from "@machinist/core";

/**
 * What a value is: a text; texts (the flag is repeated, daemon.json has a list); pairs (`KEY=VALUE`, repeated; a map); a
 * whole number; a switch; or an object that has a form of its own.
 */
export type DockerOptionType = "text" | "texts" | "pairs" | "number" | "switch" | "object";

/** The fields that an EngineSpec has for Docker's options, by the type of their rows. */
type FieldOf<Type> = {
  [Field in keyof EngineSpec]-?: NonNullable<EngineSpec[Field]> extends Type ? Field : never;
}[keyof EngineSpec];
type Field = Exclude<
  FieldOf<string> | FieldOf<readonly string[]> | FieldOf<{ readonly [key: string]: string }>,
  "install" | "version" | "sans"
>;

/** One of Docker's options, and all of its names. */
export interface DockerOption {
  /** In `engine` of a manifest. Without one it is set by `options` and `--engine-opt` only. */
  readonly key?: string;
  readonly description?: string;
  /**
   * In an EngineSpec and its records. Only the options of the first release have one; without it the value is in `options`,
   * under its key of daemon.json, so that both ways to write it in a manifest are the same in a record.
   */
  readonly field?: Field;
  readonly type: DockerOptionType;
  /** Of a number. */
  readonly minimum?: number;
  /** dockerd's, without dashes; none where it has no flag. */
  readonly flag?: string;
  /** dockerd's older or shorter names for the same. */
  readonly aliases?: readonly string[];
  /** In daemon.json; none for the environment of dockerd. */
  readonly daemonKey?: string;
  /** A running dockerd takes a changed value over on SIGHUP. Else it is restarted. */
  readonly reload?: true;
  /** Its texts are never secret, so they may be kept in records and shown. Switches and numbers always are. */
  readonly public?: true;
  /** The first Docker that has it, where some in use do not. */
  readonly since?: string;
  /** `create` has a flag of its own for it, named as docker-machine's, with this placeholder and help. */
  readonly create?: {
    readonly flag: string;
    readonly placeholder: string;
    readonly help: string;
    readonly env?: string;
  };
  /** Its name in `HostOptions.EngineOptions` of docker-machine's config.json. Without one it is among `ArbitraryFlags`. */
  readonly config?: "Dns" | "Env" | "InsecureRegistry" | "Labels" | "RegistryMirror" | "StorageDriver";
}

/** All of Docker's options that machinist knows more of than their names. The order is that of manifests and records. */
export const dockerOptions: readonly DockerOption[] = [
  {
    ...{
      key: "labels",
      field: "labels",
      type: "pairs",
      flag: "label",
      daemonKey: "labels",
      reload: true,
      config: "Labels",
    },
    description: "Labels of the engine",
    create: { flag: "engine-label", placeholder: "<key=value>", help: "label of the engine" },
  },
  {
    ...{ key: "dns", field: "dns", type: "texts", flag: "dns", daemonKey: "dns", public: true, config: "Dns" },
    description: "DNS servers of containers",
  },
  {
    ...{ key: "insecure-registries", field: "insecureRegistries", type: "texts", config: "InsecureRegistry" },
    ...{ flag: "insecure-registry", daemonKey: "insecure-registries", reload: true, public: true },
    description: "Registries that may be talked to without TLS",
    create: { flag: "engine-insecure-registry", placeholder: "<address>", help: "registry without valid TLS" },
  },
  {
    ...{ key: "registry-mirrors", field: "registryMirrors", type: "texts", config: "RegistryMirror" },
    ...{ flag: "registry-mirror", daemonKey: "registry-mirrors", reload: true, public: true },
    description: "Mirrors of Docker Hub",
    create: { flag: "engine-registry-mirror", placeholder: "<url>", help: "mirror", env: "ENGINE_REGISTRY_MIRROR" },
  },
  {
    ...{ key: "storage-driver", field: "storageDriver", type: "text", config: "StorageDriver" },
    ...{ flag: "storage-driver", aliases: ["s"], daemonKey: "storage-driver", public: true },
    description: "Storage driver, for example overlay2",
    create: { flag: "engine-storage-driver", placeholder: "<name>", help: "storage driver" },
  },
  {
    ...{
      key: "log-driver",
      field: "logDriver",
      type: "text",
      flag: "log-driver",
      daemonKey: "log-driver",
      public: true,
    },
    description: "Default log driver of containers",
  },
  {
    ...{ key: "log-options", field: "logOptions", type: "pairs", flag: "log-opt", daemonKey: "log-opts" },
    description: "Options of the log driver",
  },
  {
    ...{ key: "env", field: "env", type: "pairs", config: "Env" },
    description: "Environment of the daemon, for example proxies",
    create: { flag: "engine-env", placeholder: "<key=value>", help: "environment variable of the daemon" },
  },
  { type: "object", flag: "add-runtime", daemonKey: "runtimes", reload: true },
  { type: "texts", flag: "allow-nondistributable-artifacts", daemonKey: "allow-nondistributable-artifacts" },
  { type: "texts", flag: "authorization-plugin", daemonKey: "authorization-plugins", reload: true },
  { type: "text", flag: "bip", daemonKey: "bip", public: true },
  { type: "text", flag: "bridge", aliases: ["b"], daemonKey: "bridge" },
  { type: "texts", flag: "cdi-spec-dir", daemonKey: "cdi-spec-dirs", since: "25.0" },
  { type: "number", flag: "cpu-rt-period", daemonKey: "cpu-rt-period" },
  { type: "number", flag: "cpu-rt-runtime", daemonKey: "cpu-rt-runtime" },
  { type: "text", flag: "data-root", aliases: ["g", "graph"], daemonKey: "data-root", public: true },
  { type: "switch", flag: "debug", aliases: ["D"], daemonKey: "debug", reload: true },
  { type: "object", flag: "default-address-pool", daemonKey: "default-address-pools", public: true, since: "18.06" },
  { type: "object", flag: "default-network-opt", daemonKey: "default-network-opts" },
  { type: "text", flag: "default-runtime", daemonKey: "default-runtime", reload: true },
  { type: "object", flag: "default-ulimit", daemonKey: "default-ulimits" },
  { type: "texts", flag: "dns-opt", daemonKey: "dns-opts", public: true },
  { type: "texts", flag: "dns-search", daemonKey: "dns-search", public: true },
  { type: "texts", flag: "exec-opt", daemonKey: "exec-opts", public: true },
  { type: "object", daemonKey: "features", reload: true },
  { type: "text", flag: "group", aliases: ["G"], daemonKey: "group" },
  { type: "texts", flag: "host", aliases: ["H"], daemonKey: "hosts" },
  { type: "switch", flag: "live-restore", daemonKey: "live-restore", reload: true },
  { type: "text", flag: "log-level", aliases: ["l"], daemonKey: "log-level" },
  {
    ...{ key: "max-concurrent-downloads", type: "number", minimum: 1, reload: true },
    ...{ flag: "max-concurrent-downloads", daemonKey: "max-concurrent-downloads" },
    description: "Layers that are downloaded at once for one pull; Docker's default is 3",
  },
  { type: "number", flag: "max-concurrent-uploads", daemonKey: "max-concurrent-uploads", reload: true },
  { type: "number", flag: "max-download-attempts", daemonKey: "max-download-attempts", reload: true },
  { type: "number", flag: "mtu", daemonKey: "mtu" },
  { type: "number", flag: "network-control-plane-mtu", daemonKey: "network-control-plane-mtu" },
  { type: "texts", flag: "node-generic-resource", daemonKey: "node-generic-resources" },
  { type: "text", flag: "pidfile", aliases: ["p"], daemonKey: "pidfile" },
  { type: "number", flag: "shutdown-timeout", daemonKey: "shutdown-timeout", reload: true },
  { type: "texts", flag: "storage-opt", daemonKey: "storage-opts", public: true },
];

const byFlag: ReadonlyMap<string, DockerOption> = new Map(
  dockerOptions.flatMap((option) =>
    [...(option.flag === undefined ? [] : [option.flag]), ...(option.aliases ?? [])].map((name) => [name, option]),
  ),
);

/** The option that one of dockerd's flags sets, by any of its names, without dashes. */
export const dockerOptionOfFlag = (name: string): DockerOption | undefined => byFlag.get(name);

/** One with a key of its own in `engine` of a manifest. */
export interface DockerKey extends DockerOption {
  readonly key: string;
  readonly description: string;
  readonly type: Exclude<DockerOptionType, "object">;
}

/** Those with a key of their own in `engine` of a manifest. */
export const dockerKeys = dockerOptions.filter((option): option is DockerKey => option.key !== undefined);

/** Those with a field of their own in an EngineSpec. */
export const dockerFields = dockerOptions.filter(
  (option): option is DockerKey & { readonly field: Field } => option.field !== undefined,
);
