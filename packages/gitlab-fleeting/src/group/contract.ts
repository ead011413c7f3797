import type { MachinistError } from "@machinist/core";

/** What an instance is doing, in the words of the fleeting library. */
export type InstanceState =
  | "creating"
  | "running"
  | "suspending"
  | "suspended"
  | "resuming"
  | "deleting"
  | "deleted"
  | "timeout";

/** How GitLab Runner connects to an instance, as far as config.toml or we say. Empty and 0: not said. */
export interface ConnectorConfig {
  readonly os: string;
  readonly arch: string;
  readonly protocol: string;
  readonly protocolPort: number;
  readonly username: string;
  readonly password: string;
  readonly key: string;
  readonly useStaticCredentials: boolean;
  /** In nanoseconds; handed on as they came. */
  readonly keepalive: number;
  readonly timeout: number;
}

export interface ConnectInfo extends ConnectorConfig {
  readonly id: string;
  readonly externalAddress: string;
  readonly internalAddress: string;
  /** ms since 1970. */
  readonly expires?: number;
}

export interface ProviderInfo {
  readonly id: string;
  readonly maxSize: number;
  readonly version: string;
  readonly buildInfo: string;
  readonly capabilities: readonly string[];
}

/** Those for which it was done or is under way, and what kept it from being done for the others. */
export interface Done<T> {
  readonly done: T;
  readonly problem?: MachinistError;
}

/** The calls of a fleeting plugin. Failures are thrown, but for what was done in part. */
export interface InstanceGroup {
  init(config: unknown, connector: ConnectorConfig): Promise<ProviderInfo>;
  update(): Promise<ReadonlyMap<string, InstanceState>>;
  increase(count: number): Promise<Done<number>>;
  decrease(instances: readonly string[]): Promise<Done<readonly string[]>>;
  connectInfo(instance: string): Promise<ConnectInfo>;
  /** Throws for one that no job should be given to. */
  heartbeat(instance: string): Promise<void>;
  suspend(instances: readonly string[]): Promise<Done<readonly string[]>>;
  resume(instances: readonly string[]): Promise<Done<readonly string[]>>;
  shutdown(): Promise<void>;
}
