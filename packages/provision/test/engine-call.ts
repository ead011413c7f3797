import type { Call, EngineSpec } from "@machinist/core";
import { type EngineProps, engineProps } from "../src/index.ts";

export interface Recorded {
  /** `step: status`, in order. */
  readonly steps: string[];
  readonly logs: string[];
}

/** A call about one machine's engine, with everything it reports recorded. */
export function engineCall(
  machine: string,
  spec: EngineSpec = {},
  more: Partial<Call<EngineProps>> = {},
): Call<EngineProps> & Recorded {
  const steps: string[] = [];
  const logs: string[] = [];
  return {
    id: `${machine}/engine`,
    fleet: "test",
    props: engineProps(spec, { machine, driver: "generic" }),
    owner: "test-owner-1",
    dependencies: {},
    signal: AbortSignal.timeout(280_000),
    log: (message, level = "info") => {
      if (level !== "debug") logs.push(`${level}: ${message}`);
    },
    step: (step, status) => {
      steps.push(`${step}: ${status}`);
    },
    progress: () => {},
    ...more,
    steps,
    logs,
  };
}

/** The steps that were not as they should be. */
export const applied = ({ steps }: Recorded): string[] =>
  steps.filter((step) => step.endsWith(": applied")).map((step) => step.split(":", 1)[0]!);
