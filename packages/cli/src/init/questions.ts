import type { DriverView } from "@machinist/fleet";
import { drawn } from "../io.ts";
import type { Session } from "../session.ts";
import type { InitOptions } from "./options.ts";

export interface Answers {
  readonly name: string;
  readonly driver: string;
  readonly machines: number;
  readonly managers: number;
  readonly compose?: string;
}

/** Ask what no flag said; undefined where the user broke it off. Where the screens are not installed, the defaults hold. */
export async function questionsFor(
  session: Session,
  options: InitOptions,
  standard: Answers,
  found: readonly DriverView[],
): Promise<Answers | undefined> {
  const questions = await session.services.questions();
  if (questions === undefined) return standard;
  const { io, signal, globals } = session;
  const answered = await questions.askNewFleet({
    device: { stdin: io.stdin, stdout: drawn(io.stdout) },
    signal,
    color: globals.color !== false && !io.env.NO_COLOR,
    standard,
    ask: {
      driver: options.driver === undefined,
      machines: options.machines === undefined,
      managers: options.managers === undefined,
      compose: options.compose === undefined,
    },
    drivers: found.map(({ driver, description = "", state, message }) => ({
      name: driver,
      works: state === "ready" || state === "installed",
      words: state === "ready" || state === "installed" ? description : message,
    })),
  });
  return answered && { ...standard, ...answered };
}
