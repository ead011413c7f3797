import type { Emit } from "@machinist/core";
import { type HookSession, type HookWorld, watch } from "@machinist/hooks";
import type { AuditTrail } from "../journal/audit.ts";
import { auditor, type ReconcilerRun } from "./instrument.ts";

/** Who attends one run beside those who do its work: its hooks and its audit log. */
export class RunContext {
  /** What it does, as the audit log has it. */
  readonly action: string;
  readonly hooks: HookSession;
  readonly audit: AuditTrail;
  readonly #world: HookWorld;

  constructor(action: string, hooks: HookSession, world: HookWorld, audit: AuditTrail) {
    this.action = action;
    this.hooks = hooks;
    this.audit = audit;
    this.#world = world;
  }

  /** Stand around one run of the reconciler: its kinds and events with hooks and audit in them. */
  async attend(loop: ReconcilerRun, emit: Emit) {
    const hooked = await watch(this.hooks, this.#world, ofThisRun(loop));
    const audited = auditor(this.audit, loop);
    return {
      resourceTypes: hooked?.resourceTypes ?? loop.resourceTypes,
      emit: ((event) => {
        emit(event);
        audited(event);
        hooked?.saw(event);
      }) satisfies Emit,
      finish: async () => hooked?.finish(),
    };
  }
}

/** Recorded resources that a run leaves alone are not seen by hooks: they are neither wanted nor going. */
function ofThisRun(loop: ReconcilerRun): ReconcilerRun {
  const wanted = new Set(loop.wanted.map(({ id }) => id));
  const records = loop.records.map((record) => {
    const mine = Object.entries(record.resources).filter(([id]) => wanted.has(id) || !loop.kept(id));
    return { ...record, resources: Object.fromEntries(mine) };
  });
  return { ...loop, records };
}
