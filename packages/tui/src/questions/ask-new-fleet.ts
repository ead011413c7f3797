import { render } from "ink";
import { createElement } from "react";
import type { Device } from "../screen/device.ts";
import { inkTerminal } from "./ink-terminal.ts";
import { NewFleet } from "./new-fleet.tsx";
import { answersOf, type FleetAnswers, type FleetQuestions, stepsOf } from "./steps.ts";

export type { FleetAnswers } from "./steps.ts";

export interface NewFleetOptions extends FleetQuestions {
  readonly device: Device;
  readonly color: boolean;
  readonly signal: AbortSignal;
}

/**
 * Ask for a new fleet, one question below the other; undefined where the user broke it off, or the signal did. The terminal is
 * as it was when this resolves.
 */
export async function askNewFleet(options: NewFleetOptions): Promise<FleetAnswers | undefined> {
  const { device, color, signal } = options;
  const steps = stepsOf({ ...options, columns: device.stdout.columns ?? 80 });
  if (steps.length === 0) return answersOf(options.standard, {});
  let answers: FleetAnswers | undefined;
  const terminal = inkTerminal(device, color);
  const app = render(
    createElement(NewFleet, {
      steps,
      standard: options.standard,
      onDone: (given) => {
        answers = answersOf(options.standard, given);
      },
    }),
    { ...terminal.streams, exitOnCtrlC: true, patchConsole: false },
  );
  const onAbort = () => app.unmount();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    await app.waitUntilExit();
    return answers;
  } finally {
    signal.removeEventListener("abort", onAbort);
    terminal.release();
  }
}
