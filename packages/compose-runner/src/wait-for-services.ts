import { type Call, type Clock, type Host, MachinistError, systemClock } from "@machinist/core";
import type { ProjectProps } from "./plan.ts";
import { asRoot } from "./remote.ts";
import { LAST_WORDS } from "./remote-scripts.ts";
import { failed, hasEndedWell, type ServiceState, type Services, serviceOf, waitingFor } from "./services.ts";
import { LAST_LINES, lastLines, STEADY_MS } from "./steady.ts";

const POLL_MS = 500;
const UP_MS = 3 * 60_000;
const JOB_MS = 20 * 60_000;
/** One that fails because another is not there yet may try again for so long. */
const LOOP_MS = 30_000;
const MOST_RESTARTS = 3;

export interface ServiceWait {
  readonly call: Call<ProjectProps>;
  readonly host: Host;
  readonly look: () => Promise<Services>;
  /** Services that this run changed: they have to last. */
  readonly changed: ReadonlySet<string>;
  /** Takes secrets out of what containers wrote. */
  readonly hide: (text: string) => string;
  readonly clock?: Clock;
}

/**
 * Wait until the services are as what comes after them needs, and those that changed have lasted. Throws, as soon as it
 * is clear, `compose.job-failed`, `compose.exited`, `compose.unhealthy` or `compose.crash-loop`, and `compose.timeout`; all with the last
 * that was written there.
 */
export async function waitForServices({
  call,
  host,
  look,
  changed,
  hide,
  clock = systemClock,
}: ServiceWait): Promise<Services> {
  const { props, signal } = call;
  const within = props.timeoutMs ?? (props.wait === "completed" ? JOB_MS : UP_MS);
  const end = clock.now() + within;
  const watch = new Watch(changed, props, clock);
  let said: string | undefined;
  for (;;) {
    const seen = await look();
    const fault = watch.fault(seen);
    if (fault) throw await failure({ call, host, hide }, fault);
    const missing = waitingFor(seen, props.wait) ?? watch.unsettled(seen);
    if (missing === undefined) return seen;
    if (missing !== said) call.log(`${props.name} waits for ${missing}`);
    said = missing;
    if (clock.now() >= end) throw await late({ call, host, hide }, missing, within);
    await clock.sleep(POLL_MS, signal);
  }
}

interface Fault {
  readonly code: "compose.job-failed" | "compose.exited" | "compose.unhealthy" | "compose.crash-loop";
  readonly service: ServiceState;
  readonly what: string;
}

class Watch {
  readonly #changed: ReadonlySet<string>;
  readonly #props: ProjectProps;
  readonly #clock: Clock;
  /** Restarts of each service at the first look, and since when there were more. */
  readonly #restarts = new Map<string, { readonly first: number; since?: number }>();
  #ended: string | undefined;

  constructor(changed: ReadonlySet<string>, props: ProjectProps, clock: Clock) {
    this.#changed = changed;
    this.#props = props;
    this.#clock = clock;
  }

  fault(seen: Services): Fault | undefined {
    const { wait } = this.#props;
    const ended = failed(seen);
    if (ended && wait === "completed")
      return { code: "compose.job-failed", service: ended, what: `ended with ${ended.exit}` };
    // Twice, since docker may be about to start it again.
    if (ended && this.#ended === ended.name)
      return { code: "compose.exited", service: ended, what: `ended with ${ended.exit}` };
    this.#ended = ended?.name;
    if (wait !== undefined && wait !== "healthy") return undefined;
    for (const service of this.#watched(seen)) {
      if (service.health === "unhealthy")
        return { code: "compose.unhealthy", service, what: "is unhealthy, says its own check" };
      const restarts = this.#crashing(service);
      if (restarts !== undefined)
        return { code: "compose.crash-loop", service, what: `crashes again and again: ${restarts} restarts` };
    }
    return undefined;
  }

  /** What has still to last. */
  unsettled(seen: Services): string | undefined {
    const { wait, steadyMs = STEADY_MS } = this.#props;
    if (wait !== undefined && wait !== "healthy") return undefined;
    const young = this.#watched(seen).find(
      (service) => service.health === "" && !hasEndedWell(service) && service.ageMs < steadyMs,
    );
    return young === undefined ? undefined : `${young.name} to run for ${steadyMs / 1000} s`;
  }

  #watched(seen: Services): ServiceState[] {
    return seen.wanted.flatMap(({ name }) => (this.#changed.has(name) ? (serviceOf(seen, name) ?? []) : []));
  }

  #crashing({ name, restarts }: ServiceState): number | undefined {
    const known = this.#restarts.get(name) ?? { first: restarts };
    this.#restarts.set(name, known);
    const more = restarts - known.first;
    if (more > 0) known.since ??= this.#clock.now();
    if (more < MOST_RESTARTS || known.since === undefined) return undefined;
    return this.#clock.now() - known.since >= LOOP_MS ? more : undefined;
  }
}

type At = Pick<ServiceWait, "call" | "host" | "hide">;

async function failure(at: At, { code, service, what }: Fault): Promise<MachinistError> {
  const { props } = at.call;
  const words = await lastWords(at, service.name);
  const sentence = `${service.name} of ${props.name} ${what} on ${props.machine}${words.at(-1) ? `: ${words.at(-1)}` : ""}`;
  const details = { cause: new Error(words.join("\n")), hint: logsOf(at, service.name) };
  switch (code) {
    case "compose.job-failed":
      return new MachinistError("compose.job-failed", sentence, details);
    case "compose.exited":
      return new MachinistError("compose.exited", sentence, details);
    case "compose.unhealthy":
      return new MachinistError("compose.unhealthy", sentence, details);
    case "compose.crash-loop":
      return new MachinistError("compose.crash-loop", sentence, details);
  }
}

async function late(at: At, missing: string, withinMs: number): Promise<MachinistError> {
  const { props } = at.call;
  const words = await lastWords(at, "");
  return new MachinistError(
    "compose.timeout",
    `${props.name} on ${props.machine} still waits for ${missing} after ${withinMs / 1000} s`,
    { cause: new Error(words.join("\n")), hint: `${logsOf(at)}; or give it more time with \`timeout:\`` },
  );
}

const logsOf = ({ call: { props } }: At, service = ""): string =>
  `See all of it: machinist ssh ${props.machine} sudo docker compose -p ${props.name} logs${service && ` ${service}`}`;

/** Of one service, or of those that ended badly. */
async function lastWords({ call, host, hide }: At, service: string): Promise<string[]> {
  const args = [call.props.name, String(LAST_LINES), service];
  const output = await host.script(LAST_WORDS, args, asRoot(call)).catch(() => undefined);
  const lines = lastLines(hide(output?.stdout ?? ""));
  for (const line of lines) call.log(line, "error");
  return lines;
}
