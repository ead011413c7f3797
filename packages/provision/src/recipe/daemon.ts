import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, type Output } from "@machinist/core";
import { expiresWithin, inspect, matches, type Pair, RENEW_DAYS, signedBy } from "../certs/index.ts";
import { change } from "../config/desired.ts";
import { bundle } from "../config/entry.ts";
import type { ContainerFate } from "../config/keep-containers.ts";
import { configurationDrift, isStarted, uncovered, wantedSans } from "../drift.ts";
import { moving } from "../effect.ts";
import { markerOf } from "../engine-state.ts";
import { APPLY_SCRIPT } from "../host/apply-script.ts";
import { failure, lastLines, STILL_LOCKED, stillLocked } from "../host/failure.ts";
import { PROBE_SCRIPT } from "../host/probe-script.ts";
import { SUPERSEDED } from "../host/turn-script.ts";
import { lookAt } from "./read-facts.ts";
import type { Stage, Work } from "./work.ts";

/** Certificates, configuration and start: written together, so that Docker restarts once at most. */
export const daemonStage: Stage = {
  steps: [
    { name: "certificates", done: (work) => goodCertificates(work) && !work.renew },
    { name: "trust", done: ({ state }) => state.trustsRightly },
    { name: "configuration", done: (work) => marked(work) && configurationDrift(work.state, work.props).length === 0 },
    { name: "start", done: ({ state }) => isStarted(state) },
  ],
  async apply(work, pending) {
    const { call, props, facts, state, reach, dependencies } = work;
    const certificates = pending.includes("certificates") ? await serverPair(work) : undefined;
    const trusted = pending.includes("trust") ? await dependencies.certificates.trusted(props.machine, call.fleet) : "";
    const containers = fateOfContainers(work);
    const wanted = change(facts, {
      ...{ props, address: state.address, owner: call.owner },
      ...(certificates ? { certificates } : {}),
      ...(trusted ? { trusted } : {}),
      ...(containers ? { containers } : {}),
    });
    for (const note of wanted.notes) call.log(note, "warn");
    if (wanted.action === "restart" && facts.active && facts.swarm) call.log(swarmNote(props.machine), "warn");
    const script = ["sh", "-c", APPLY_SCRIPT + PROBE_SCRIPT, "machinist"];
    const hold = facts.active && wanted.action === "restart" && moving(state, props).length === 0 ? "hold" : "";
    const args = [wanted.action, facts.init, facts.dockerd ?? "", wanted.told, hold];
    const output = await reach.run([...script, ...args], { stdin: bundle(wanted.entries), timeoutMs: 300_000 });
    if (output.code === STILL_LOCKED) throw stillLocked(props.machine);
    if (output.code !== 0) throw refused(output, props.machine);
    if (certificates) work.renew = false;
    await lookAt(work, output.stdout);
  },
};

/** Nodes of a Swarm refuse to keep containers; of those that Docker would not see any more none is to be left running. */
function fateOfContainers({ facts, state, props }: Work): ContainerFate | undefined {
  if (!facts.containers || facts.swarm) return undefined;
  return moving(state, props).length > 0 ? "end" : "keep";
}

/** Whether the mark on the host is this record's: after a takeover there may be nothing else to write. */
const marked = ({ facts, call }: Work): boolean => markerOf(facts)?.owner === call.owner;

const goodCertificates = ({ state, props }: Work): boolean =>
  state.certProblem === "" && uncovered(state, props).length === 0;

/** A pair for the host: the one in the machine's folder where that is still good, so that a cut-off run goes on with it. */
async function serverPair(work: Work): Promise<Pair> {
  const { props, state, dependencies, machineDir, renew } = work;
  const { certificates } = dependencies;
  const authority = await certificates.ca();
  const sans = wantedSans(props, state.address);
  const known = renew ? undefined : await knownPair(machineDir, sans, authority.cert);
  if (known) return known;
  const issued = await certificates.issueServer({ machine: props.machine, sans, key: await work.serverKey() });
  await certificates.keepServer(machineDir, issued);
  return { cert: issued.cert, key: issued.key };
}

/** The pair in a machine's folder, if it is good for these names. */
export async function knownPair(machineDir: string, sans: readonly string[], ca: string): Promise<Pair | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(machineDir, "server.pem"), "utf8"),
      readFile(join(machineDir, "server-key.pem"), "utf8"),
    ]);
    const facts = inspect(cert);
    const covered = sans.every((name) => facts.sans.includes(name));
    const good = covered && !expiresWithin(facts, RENEW_DAYS) && matches(cert, key) && signedBy(cert, ca);
    return good ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
}

const swarmNote = (machine: string): string =>
  `${machine} is in a Swarm, where containers do not outlive a restart of Docker: its tasks start again`;

function refused(output: Output, machine: string): MachinistError {
  const full = failure(output, machine);
  if (full) return full;
  if (output.code === SUPERSEDED) return busy(machine);
  const cause = lastLines(output);
  const last = cause.split("\n").at(-1) ?? "";
  if (output.code === 65) {
    return new MachinistError("provision.daemon-json", `dockerd on ${machine} refuses the configuration: ${last}`, {
      hint: "Correct the engine's options in the manifest. Nothing was changed on the host.",
      cause,
    });
  }
  if (output.code === 70) {
    const restored = output.stdout.includes("machinist-restored");
    const rest = restored ? "it runs again with its earlier one" : "and does not start with its earlier one either";
    return new MachinistError(
      "provision.daemon",
      `Docker on ${machine} did not start with the new configuration; ${rest}`,
      {
        hint: `See what it said: machinist ssh ${machine} sudo journalctl -u docker -n 50`,
        cause,
      },
    );
  }
  if (output.code === 72) {
    return new MachinistError(
      "provision.out-of-sight",
      `Docker on ${machine} did not see its images and containers any more; it runs again with its earlier configuration`,
      {
        hint: `Find what leads it elsewhere, and name its data root in /etc/docker/daemon.json: machinist ssh ${machine} systemctl cat docker`,
        cause,
      },
    );
  }
  if (output.code === 71) {
    const message = `Docker on ${machine} does not let containers outlive its restart`;
    return new MachinistError("provision.containers", message, {
      hint: `Nothing was changed. Stop its containers, then type the same command again: machinist ssh ${machine} docker ps`,
      cause,
    });
  }
  return new MachinistError("provision.configure", `Docker's files on ${machine} could not be written: ${last}`, {
    hint: "Type the same command again; nothing was left half done.",
    cause,
    retryable: output.code === 64,
  });
}

const busy = (machine: string): MachinistError =>
  new MachinistError("provision.busy", `Another machinist has begun to configure Docker on ${machine}`, {
    hint: `Let it finish, then see what it did: machinist plan`,
    retryable: true,
  });
