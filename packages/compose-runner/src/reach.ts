import { type Call, type Clock, type Host, MachinistError, systemClock } from "@machinist/core";
import type { ProjectProps } from "./plan.ts";
import { asRoot } from "./remote.ts";
import { LAST_WORDS } from "./remote-scripts.ts";
import { failedJob, type ServiceState, waitingFor } from "./services.ts";

const POLL_MS = 500;
const UP_MS = 3 * 60_000;
const JOB_MS = 20 * 60_000;
const SHOWN_LINES = "20";

export interface Reaching {
  readonly call: Call<ProjectProps>;
  readonly host: Host;
  readonly look: () => Promise<{ readonly services: ServiceState[] }>;
  readonly clock?: Clock;
}

/**
 * Wait until the services are as what comes after them needs. Throws `compose.job-failed` as soon as a job has ended with
 * another code than 0, and `compose.timeout`; both with the last that was written there.
 */
export async function reach({ call, host, look, clock = systemClock }: Reaching): Promise<void> {
  const { props, signal } = call;
  const within = props.timeoutMs ?? (props.wait === "completed" ? JOB_MS : UP_MS);
  const end = clock.now() + within;
  let said: string | undefined;
  for (;;) {
    const seen = await look();
    const failed = props.wait === "completed" ? failedJob(seen, props) : undefined;
    if (failed) throw await jobFailed({ call, host }, failed);
    const missing = waitingFor(seen, props);
    if (missing === undefined) return;
    if (missing !== said) call.log(`${props.name} waits for ${missing}`);
    said = missing;
    if (clock.now() >= end) throw await late({ call, host }, missing, within);
    await clock.sleep(POLL_MS, signal);
  }
}

type At = Pick<Reaching, "call" | "host">;

async function jobFailed(at: At, { name, exit }: ServiceState): Promise<MachinistError> {
  const { props } = at.call;
  const words = await lastWords(at);
  return new MachinistError(
    "compose.job-failed",
    `${name} of ${props.name} ended with ${exit} on ${props.machine}${words.at(-1) ? `: ${words.at(-1)}` : ""}`,
    { cause: new Error(words.join("\n")), hint: logsOf(at) },
  );
}

async function late(at: At, missing: string, withinMs: number): Promise<MachinistError> {
  const { props } = at.call;
  const words = await lastWords(at);
  return new MachinistError(
    "compose.timeout",
    `${props.name} on ${props.machine} still waits for ${missing} after ${withinMs / 1000} s`,
    { cause: new Error(words.join("\n")), hint: `${logsOf(at)}; or give it more time with \`timeout:\`` },
  );
}

const logsOf = ({ call: { props } }: At): string =>
  `See all of it: machinist ssh ${props.machine} sudo docker compose -p ${props.name} logs`;

async function lastWords({ call, host }: At): Promise<string[]> {
  const output = await host.script(LAST_WORDS, [call.props.name, SHOWN_LINES], asRoot(call)).catch(() => undefined);
  const lines = (output?.stdout ?? "").split(/\r?\n/).filter((line) => line.trim() !== "");
  for (const line of lines) call.log(line, "error");
  return lines;
}
