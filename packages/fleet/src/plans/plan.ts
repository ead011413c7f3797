import type { Price, ResourceChange } from "@machinist/core";
import type { Failure } from "../api-outcome.ts";

/** What would be done to one resource. */
export type PlannedChange = ResourceChange;
export interface Plan {
  readonly fleet: string;
  readonly changes: readonly PlannedChange[];
  /** Why `up` would not begin: what drivers found when they looked whether the new machines could be made. */
  readonly problems?: readonly Failure[];
  /** Certificates that have ended, or end within 30 days. */
  readonly certificates?: readonly CertificateNotice[];
  /** Of the machines whose drivers have prices. */
  readonly prices?: readonly MachinePrice[];
  /** What it was made from. */
  readonly basis?: PlanBasis;
  /** The compose projects that it was made with as `overwriteData`. */
  readonly overwriteData?: readonly string[];
}

export interface CertificateNotice {
  readonly of: "ca" | "client" | "server";
  /** Of a server certificate. */
  readonly machine?: string;
  /** ISO 8601. */
  readonly expires: string;
  /** Whole days that are left; negative: it has ended. */
  readonly days: number;
}

/** `null`: its driver cannot tell. Absent: there is no such machine before, or after. */
export interface MachinePrice {
  readonly machine: string;
  readonly driver: string;
  readonly before?: Price | null;
  readonly after?: Price | null;
}

/** Digests of all that a plan depends on, but for what was seen, which its changes have. */
export interface PlanBasis {
  readonly spec: string;
  /** By resource id. */
  readonly wanted: { readonly [id: string]: string };
  /** By scope. */
  readonly records: { readonly [scope: string]: string };
}

/** A plan as it is kept in a file. */
export interface SavedPlan {
  readonly format: "machinist.plan/1";
  /** The version of machinist that made it. */
  readonly machinist: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Paths of the manifests that it was made from. */
  readonly manifests: readonly string[];
  readonly plan: Plan & { readonly basis: PlanBasis };
}
