import { setTimeout as sleep } from "node:timers/promises";
import { isMachinistError, MachinistError } from "@machinist/core";
import type { EngineState } from "../engine-state.ts";
import { compareClocks } from "./clocks.ts";
import type { Verified, Work } from "./work.ts";

/** How long an engine may take to answer once its service has started, and how often it is asked, in ms. */
const PATIENCE_MS = 30_000;
const TLS_PATIENCE_MS = 5_000;
const POLL_MS = 75;
const ATTEMPT_MS = 5_000;

/** The last step: the engine answers over mutual TLS from this side. */
export async function verifyFromHere(work: Work): Promise<EngineState> {
  const { call, dependencies, machineDir, state } = work;
  call.step("verify", "checking");
  try {
    const seen = await patiently(work, (signal) => dependencies.verify(state.url, machineDir, signal));
    call.step("verify", "unchanged");
    return withAnswer(state, seen);
  } catch (error) {
    call.step("verify", "failed");
    throw error;
  }
}

export const withAnswer = (state: EngineState, { version, apiVersion, id, storage, root }: Verified): EngineState => ({
  ...state,
  version,
  apiVersion,
  daemonId: id,
  storage: storage ?? state.storage,
  root: root ?? state.root,
  verified: true,
});

/** One attempt, bounded. */
export const attempt = <T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> =>
  ask(AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]));

async function patiently<T>(work: Work, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, props } = work.call;
  const { url } = work.state;
  const begun = Date.now();
  let clocksCompared = false;
  for (;;) {
    try {
      return await attempt(ask, signal);
    } catch (error) {
      signal.throwIfAborted();
      const tls = isMachinistError(error) && error.code === "docker.tls";
      if (tls && !clocksCompared) await compareClocks(work.reach, props.machine);
      clocksCompared ||= tls;
      if (Date.now() - begun < (tls ? TLS_PATIENCE_MS : PATIENCE_MS)) {
        await sleep(POLL_MS, undefined, { signal });
        continue;
      }
      throw tls ? certificatesRefused(url, props.machine, error) : unreachable(url, props.machine, error);
    }
  }
}

const unreachable = (url: string, machine: string, cause: unknown): MachinistError =>
  new MachinistError("provision.unreachable", `Docker runs on ${machine}, but ${url} does not answer from here`, {
    cause,
    hint: `Open TCP port ${url.split(":").at(-1)} of ${machine} to this address (firewall, security group), then type the same command again.`,
  });

const certificatesRefused = (url: string, machine: string, cause: unknown): MachinistError =>
  new MachinistError(
    "provision.tls",
    `${url} does not accept the certificates of ${machine}, or we do not accept its`,
    {
      cause,
      hint: `Type: machinist regenerate-certs ${machine}`,
    },
  );
