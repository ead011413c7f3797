import { type Data, type Json, shape } from "@machinist/core";

/** When how many machines are kept idle, as `[[runners.autoscaler.policy]]` has it, and what cannot be said there. */
export interface ConvertedPolicies {
  readonly policies: readonly Data[];
  readonly notes: readonly string[];
}

const number = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);

/**
 * The old periods as policies. In both the last one that matches counts, so the one that always holds comes first. Keys: those of
 * `[runners.machine]` and its `[[runners.machine.autoscaling]]`, times in seconds.
 */
export function convertPolicies(machine: Data): ConvertedPolicies {
  const notes: string[] = [];
  const offPeak = machine.OffPeakPeriods
    ? [
        {
          Periods: machine.OffPeakPeriods,
          ...(machine.OffPeakTimezone ? { Timezone: machine.OffPeakTimezone } : {}),
          ...(number(machine.OffPeakIdleCount) === undefined ? {} : { IdleCount: machine.OffPeakIdleCount! }),
          ...(number(machine.OffPeakIdleTime) === undefined ? {} : { IdleTime: machine.OffPeakIdleTime! }),
        },
      ]
    : [];
  const periods = Array.isArray(machine.autoscaling) ? machine.autoscaling.filter(shape.isData) : [];
  const policies = [{ ...machine, Periods: [] }, ...offPeak, ...periods].map((each) => policyOf(each as Data, notes));
  return { policies, notes };
}

function policyOf(period: Data, notes: string[]): Data {
  const periods = listOf(period.Periods).map((text) => cronOf(text, notes));
  const factor = number(period.IdleScaleFactor) ?? 0;
  const most = number(period.IdleCount) ?? 0;
  return {
    ...(periods.length > 0 ? { periods } : {}),
    ...(typeof period.Timezone === "string" && period.Timezone !== "" ? { timezone: period.Timezone } : {}),
    // With a factor, IdleCount was the most that were kept and IdleCountMin the least.
    idle_count: factor > 0 ? (number(period.IdleCountMin) ?? 0) : most,
    idle_time: `${number(period.IdleTime) ?? 0}s`,
    ...(factor > 0 ? { scale_factor: factor, scale_factor_limit: most } : {}),
  };
}

const listOf = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

/** docker+machine's periods have seconds before, and a year behind, what cron has. */
function cronOf(text: string, notes: string[]): string {
  const fields = text.trim().split(/\s+/);
  if (fields.length < 6) return fields.join(" ");
  const [second, ...rest] = fields;
  if (!["*", "0"].includes(second!) || (rest[5] ?? "*") !== "*")
    notes.push(`the period "${text}" names seconds or a year, which policies do not have: they are left out`);
  return rest.slice(0, 5).join(" ");
}
