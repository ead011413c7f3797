import { fit } from "@machinist/terminal-text";

export interface FleetAnswers {
  readonly driver: string;
  readonly machines: number;
  readonly managers: number;
  readonly compose?: string;
}

export interface DriverChoice {
  readonly name: string;
  /** Whether it can make machines here. */
  readonly works: boolean;
  /** What it is, or what it lacks. */
  readonly words: string;
}

export interface FleetQuestions {
  /** What holds where nothing is answered. */
  readonly standard: FleetAnswers;
  /** Which questions are to be asked. */
  readonly ask: { readonly [question in keyof FleetAnswers]?: boolean };
  readonly drivers: readonly DriverChoice[];
  /** How wide a line may be, in cells. Default 80. */
  readonly columns?: number;
}

/** One question. `check` says what is wrong with an answer. */
export type Step = {
  readonly name: keyof FleetAnswers;
  readonly title: string;
  readonly standard: string;
} & (
  | { readonly choices: readonly { readonly label: string; readonly value: string }[] }
  | { readonly check: (answer: string, before: Given) => string | undefined; readonly note?: string }
);

/** Answers as they were typed. */
export type Given = { readonly [question in keyof FleetAnswers]?: string };

/** The questions in their order: where machines come from, how many, the Swarm, what runs on them. */
export function stepsOf({ standard, ask, drivers, columns = 80 }: FleetQuestions): Step[] {
  const steps: Step[] = [
    {
      name: "driver",
      title: "Which driver?",
      standard: standard.driver,
      choices: choicesOf(drivers, standard.driver, columns),
    },
    {
      name: "machines",
      title: "How many machines?",
      standard: String(standard.machines),
      check: (answer) => (whole(answer, 1) ? undefined : "A number of at least 1"),
    },
    {
      name: "managers",
      title: "How many of them are Swarm managers?",
      note: "0: no Swarm. 3 or 5 bear the loss of one or two.",
      standard: String(standard.managers),
      check: (answer, { machines }) => {
        const most = Number(machines ?? standard.machines);
        return whole(answer, 0) && Number(answer) <= most ? undefined : `A number from 0 to ${most}`;
      },
    },
    {
      name: "compose",
      title: "A compose file to run on all of them?",
      note: "Empty: none.",
      standard: standard.compose ?? "",
      check: () => undefined,
    },
  ];
  return steps.filter(({ name }) => ask[name]);
}

/** The one that is proposed first, then those that work, each with what it is or lacks. */
function choicesOf(drivers: readonly DriverChoice[], proposed: string, columns: number) {
  const rank = ({ name, works }: DriverChoice) => (name === proposed ? 0 : works ? 1 : 2);
  const width = Math.max(0, ...drivers.map(({ name }) => name.length));
  return [...drivers]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ name, works, words }) => ({
      value: name,
      label: fit(`${works ? "✔" : "!"} ${name.padEnd(width)}  ${words}`, columns - margin).trimEnd(),
    }));
}

/** What stands before and after a choice. */
const margin = 6;

const whole = (answer: string, least: number): boolean => /^\d{1,4}$/.test(answer) && Number(answer) >= least;

/** What was answered, over what holds otherwise. */
export function answersOf(standard: FleetAnswers, given: Given): FleetAnswers {
  const { compose = standard.compose ?? "" } = given;
  return {
    driver: given.driver ?? standard.driver,
    machines: Number(given.machines ?? standard.machines),
    managers: Number(given.managers ?? standard.managers),
    ...(compose === "" ? {} : { compose }),
  };
}
