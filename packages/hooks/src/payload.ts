import type { HookEvent } from "@machinist/core";

/** What hooks are told of a machine. Fields that are not known (yet, or any more) are absent. */
export interface HookMachine {
  readonly name: string;
  readonly fleet: string;
  readonly driver: string;
  /** Its folder in the store, with its keys and certificates. */
  readonly folder: string;
  readonly address?: string;
  /** Where other machines of its fleet reach it. */
  readonly privateAddress?: string;
  readonly sshPort?: number;
  readonly sshUser?: string;
  readonly sshKey?: string;
  /** Docker's, `tcp://host:port`. */
  readonly url?: string;
  readonly swarm?: string;
}

/** One event that has come true, or (`before`) is about to. */
export interface HookNotification {
  readonly event: HookEvent;
  readonly phase: "before" | "after";
  /** The same on every try: what tells a delivery from its repetition. */
  readonly delivery: string;
  /** ms since 1970. */
  readonly at: number;
  readonly fleet: string;
  readonly machine?: HookMachine;
  /** The resource that it is about, where it is about one. */
  readonly resource?: string;
  /** Of `machine.address`: the address before. */
  readonly addressBefore?: string;
  /** Of `run.*`: what the run is, and how it ended. */
  readonly run?: { readonly action: string; readonly status?: string };
  /** The run that it happened in was interrupted; another one tells it. */
  readonly resumed?: boolean;
}

/** The version of what a hook is given; it grows when a field changes its meaning or goes. */
export const payloadVersion = 1;

/** What a hook gets on stdin, or in the body of the request: one JSON object. */
export const payloadOf = (notice: HookNotification, hook: string, attempt: number) => ({
  version: payloadVersion,
  event: notice.event,
  phase: notice.phase,
  hook,
  delivery: notice.delivery,
  attempt,
  resumed: notice.resumed ?? false,
  at: new Date(notice.at).toISOString(),
  fleet: notice.fleet,
  ...(notice.machine ? { machine: notice.machine } : {}),
  ...(notice.resource === undefined ? {} : { resource: notice.resource }),
  ...(notice.addressBefore === undefined ? {} : { addressBefore: notice.addressBefore }),
  ...(notice.run ? { run: notice.run } : {}),
});

export type HookPayload = ReturnType<typeof payloadOf>;

/** The same for programs that read no JSON. */
export const variablesOf = (payload: HookPayload): Record<string, string> => ({
  MACHINIST_EVENT: payload.event,
  MACHINIST_PHASE: payload.phase,
  MACHINIST_HOOK: payload.hook,
  MACHINIST_DELIVERY: payload.delivery,
  MACHINIST_ATTEMPT: String(payload.attempt),
  MACHINIST_FLEET: payload.fleet,
  MACHINIST_MACHINE: payload.machine?.name ?? "",
  MACHINIST_ADDRESS: payload.machine?.address ?? "",
  MACHINIST_ADDRESS_BEFORE: payload.addressBefore ?? "",
  MACHINIST_DOCKER_URL: payload.machine?.url ?? "",
  MACHINIST_RESOURCE: payload.resource ?? "",
  MACHINIST_RUN_STATUS: payload.run?.status ?? "",
});
