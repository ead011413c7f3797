import type { AnyResourceType, CredentialSchema, Data, Endpoint, OptionsSchema, PowerAction } from "@machinist/core";

/** The one version there is. */
export const PROTOCOL = 1;

/** What a driver says of itself: the answer to `initialize`. */
export interface Description {
  readonly protocol: number;
  readonly name: string;
  readonly description: string;
  readonly options: OptionsSchema;
  readonly credentials?: { readonly [option: string]: CredentialSchema };
  readonly sshKey?: "machine" | "fleet";
  readonly resourceTypes: { readonly [kind: string]: ResourceTypeDescription };
  /** Which of the methods that a driver may leave out it has. */
  readonly methods?: readonly ("check" | "price" | "status" | "listOwned")[];
  readonly power?: readonly PowerAction[];
}

/** What is fixed about a resource type, in the words of core's `ResourceType`. */
export interface ResourceTypeDescription
  extends Pick<
    AnyResourceType,
    | ("requiresReplace" | "requiresRestart" | "endpointProps" | "localProps" | "deletedWithParent" | "retainOnDelete")
    | ("consistencyWindowMs" | "readyTimeoutMs" | "callTimeoutMs" | "pollIntervalMs" | "concurrency")
  > {
  /** Whether it has `update`. Default: what changes is replaced. */
  readonly update?: boolean;
  /** Whether it has `checkUpdate`. */
  readonly check?: boolean;
}

/** What `read`, `create` and `update` answer. Null: it is not there. */
export interface ObservedResource {
  readonly state: Data;
  /** True, or what is still missing, in a few words. Default true. */
  readonly ready?: boolean | string;
  /** Props whose real value is another one. */
  readonly drift?: readonly string[];
  /** How its SSH is reached, where this is the machine itself. */
  readonly endpoint?: Endpoint;
  /** The engine's URL, where the driver brings one instead of a host. */
  readonly engineUrl?: string;
}

/** An error that a driver answers with, in JSON-RPC's form. */
export interface RpcError {
  readonly code?: number;
  readonly message?: string;
  readonly data?: {
    /** `area.what`. `owner.spent` where the mark named an object that is gone. */
    readonly code?: string;
    readonly hint?: string;
    readonly retryable?: boolean;
    readonly retryAfterMs?: number;
  };
}

/** One line from the driver: an answer, or a note about a call that is under way (`log`, `step`, `progress`, `requestSent`). */
export interface Line {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: RpcError;
  readonly method?: string;
  readonly params?: Data;
}
