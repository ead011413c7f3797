import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Call, type ResourceType, type ResourceTypes, retry, scopeOf } from "@machinist/core";
import type { Certificates } from "./certs/index.ts";
import { drift } from "./drift.ts";
import { effectOf } from "./effect.ts";
import type { EngineProps } from "./engine-props.ts";
import { configuredBy, type EngineState, markerOf, observe } from "./engine-state.ts";
import { type Facts, probe } from "./host/facts.ts";
import { type Reach, reach } from "./host/reach.ts";
import { letGo } from "./let-go.ts";
import { preview } from "./preview.ts";
import { localCertificates, remembering } from "./recipe/read-facts.ts";
import { runRecipe } from "./recipe/run-recipe.ts";
import { attempt, withAnswer } from "./recipe/verify.ts";
import type { EngineDependencies, Work } from "./recipe/work.ts";
import { checkDaemonJson, refusal } from "./refusal.ts";
import { settleBoth } from "./settle-both.ts";

/** The kinds of this package: `docker.engine`, Docker on a host, secured and reachable over TLS. */
export function engineResourceTypes(dependencies: EngineDependencies): ResourceTypes & {
  readonly "docker.engine": ResourceType<EngineProps, EngineState>;
} {
  return { "docker.engine": engineKind(dependencies) };
}

function engineKind(dependencies: EngineDependencies): ResourceType<EngineProps, EngineState> {
  return {
    deletedWithParent: true,
    loss: ({ props }) => `the setup of Docker on ${props.machine}`,
    drift,
    previewUpdate: preview,
    interrupts: (changed, state, props) => state.running && effectOf(state, props, changed) === "restart",
    // Said only of an engine that was found half made after its request broke off; the next run finishes it.
    ready: ({ pending, verified }) => (pending || !verified ? "its setup, which was interrupted" : true),
    readyTimeoutMs: 3_000,
    pollIntervalMs: 500,

    async read(call) {
      const { found, facts, local } = await open(call, dependencies);
      const known = configuredBy(facts, call.owner);
      if (!known) return undefined;
      const state = observe(facts, found.host.endpoint, call.props.port, local);
      return withVersion(state, call, dependencies);
    },

    create: (call) => again(call, () => provision(call, undefined, dependencies, false)),

    update: (call) =>
      again(call, () => provision(call, call.state, dependencies, call.changed.includes("certificates"))),

    async delete(call) {
      const { found, facts } = await open(call, dependencies);
      const marker = markerOf(facts);
      if (marker === undefined || marker.owner !== call.owner) return;
      await letGo(call, found, facts);
    },
  };
}

/** The recipe goes on from wherever it was, so a lost connection is no reason to give the whole call up. */
const again = (call: Call<EngineProps>, work: () => Promise<EngineState>): Promise<EngineState> =>
  retry(work, {
    policy: { attempts: 4, baseMs: 300, capMs: 3_000 },
    signal: call.signal,
    onRetry: ({ message }) => call.log(`${message}; trying again`, "warn"),
  });

async function open(call: Call<EngineProps>, { hosts, certificates, machineDir }: EngineDependencies) {
  const machine = scopeOf(call.id);
  const host = await hosts.connect(machine, { signal: call.signal });
  const found = reach(host, call);
  const [facts, local] = await Promise.all([probe(found), localCertificates(certificates, machineDir(machine), call)]);
  return { found, facts, local };
}

async function provision(
  call: Call<EngineProps>,
  before: EngineState | undefined,
  dependencies: EngineDependencies,
  renew: boolean,
): Promise<EngineState> {
  const machineDir = dependencies.machineDir(scopeOf(call.id));
  const serverKey = await earlyKey(machineDir, dependencies.certificates);
  const [opened] = await settleBoth(open(call, dependencies), dependencies.certificates.prepare(machineDir));
  const { found, local } = opened;
  const facts = await inForce(opened.facts, found);
  warnOfOthers(call, markerOf(facts));
  const { props } = call;
  const state = remembering(observe(facts, found.host.endpoint, props.port, local), before);
  checkDaemonJson(facts.files["daemon-json"]);
  const refused = refusal(state, props);
  if (refused) throw refused;
  const work: Work = {
    call,
    props,
    machineDir,
    dependencies,
    reach: found,
    serverKey,
    renew,
    facts,
    state,
  };
  return runRecipe(work);
}

/** systemd tells of drop-ins that were added only once it has read them: what is about to be in force, then. */
async function inForce(facts: Facts, found: Reach): Promise<Facts> {
  if (!facts.stale || facts.init !== "systemd") return facts;
  await found.run(["systemctl", "daemon-reload"]);
  return { ...(await probe(found)), stale: true };
}

/** A look asks the engine itself only when nothing is remembered of it, or when another dockerd was installed since. */
async function withVersion(
  state: EngineState,
  call: Call<EngineProps> & { readonly state: EngineState | undefined },
  { verify, machineDir }: EngineDependencies,
): Promise<EngineState> {
  const { state: before } = call;
  if (before?.verified && before.binary === state.binary && before.url === state.url) {
    return remembering(state, before);
  }
  if (!state.running) return { ...remembering(state, before), verified: false };
  try {
    const folder = machineDir(scopeOf(call.id));
    return withAnswer(state, await attempt((signal) => verify(state.url, folder, signal), call.signal));
  } catch {
    call.signal.throwIfAborted();
    return state;
  }
}

function warnOfOthers(call: Call<EngineProps>, marker: ReturnType<typeof markerOf>): void {
  if (marker === undefined || marker.owner === call.owner) return;
  const machine = marker.machine === call.props.machine ? "" : ` as ${marker.machine}`;
  call.log(`This host was set up before${machine}, by another store or an earlier machine; it is taken over`, "warn");
}

/**
 * A server key that is begun before the host has answered, since both take time; not where the machine's folder has
 * one already, which will most likely do.
 */
async function earlyKey(machineDir: string, { newKey }: Certificates): Promise<() => Promise<string>> {
  const there = await access(join(machineDir, "server-key.pem")).then(
    () => true,
    () => false,
  );
  if (there) return newKey;
  const key = newKey();
  // Whoever takes it meets the failure; nobody else has to.
  key.catch(() => {});
  return () => key;
}
