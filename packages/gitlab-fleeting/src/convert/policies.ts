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
  const timed = [...offPeak, ...periods].flatMap((each) => {
    const crons = listOf(each.Periods).flatMap((text) => cronOf(text, notes));
    // A policy without periods always holds, which no old section did.
    if (crons.length === 0) notes.push("a section without periods that policies can have is left out");
    return crons.length === 0 ? [] : [policyOf(each, crons)];
  });
  return { policies: [policyOf(machine, []), ...timed], notes };
}

function policyOf(period: Data, periods: readonly string[]): Data {
  const most = number(period.IdleCount) ?? 0;
  const least = Math.min(most, number(period.IdleCountMin) ?? 0);
  const factor = most > least ? (number(period.IdleScaleFactor) ?? 0) : 0;
  return {
    ...(periods.length > 0 ? { periods: [...periods] } : {}),
    ...(typeof period.Timezone === "string" && period.Timezone !== "" ? { timezone: period.Timezone } : {}),
    // With a factor, IdleCount was the most that were kept and IdleCountMin the least. Now the factor comes on top of the least.
    idle_count: factor > 0 ? least : most,
    idle_time: `${number(period.IdleTime) ?? 0}s`,
    ...(factor > 0 ? { scale_factor: factor, scale_factor_limit: most - least } : {}),
  };
}

const listOf = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

/** docker+machine's periods have seconds before, and a year behind, what cron has. */
function cronOf(text: string, notes: string[]): string[] {
  const fields = text.trim().split(/\s+/);
  if (fields.length < 6) return [fields.join(" ")];
  // With six fields the seconds are the ones that are not there.
  const [second = "*", ...rest] = fields.length === 6 ? ["*", ...fields] : fields;
  if ((rest[5] ?? "*") !== "*") {
    notes.push(`the period "${text}" is left out: policies have no year`);
    return [];
  }
  if (!["*", "0"].includes(second)) notes.push(`the period "${text}" names seconds, which policies do not have`);
  return [rest.slice(0, 5).join(" ")];
}
