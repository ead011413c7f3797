import type { Emit } from "@machinist/core";
import type { Rotation, RotationPhase } from "@machinist/provision";
import type { Outcome, RunControl } from "../api.ts";
import type { Workspace } from "../workspace.ts";
import { copiesRound } from "./copies.ts";
import { lacking } from "./next-authority.ts";
import { certificateRound } from "./round.ts";
import { behind, openCertificates, withAuthority, withEngine } from "./workspace-certificates.ts";

/**
 * Give the store another CA, and all its machines: whoever is a client here trusts both first, then machine by machine
 * the engine gets a certificate of the new one and trusts both, and last the old one is dropped everywhere. A change that was interrupted, or that did not reach every machine, is
 * gone on with. Machines that cannot be reached keep working with what they have, and with the copies in their folders.
 */
export async function rotateAuthority(workspace: Workspace, options: RunControl, emit: Emit): Promise<Outcome> {
  const signal = options.signal ?? new AbortController().signal;
  return withAuthority(workspace, signal, async () => {
    const { certificates, access } = await openCertificates(workspace);
    const { rotation } = certificates;
    const tell = (message: string) => emit({ type: "log", id: "", level: "info", message });
    // The last machine may have followed by itself since: then this is a new change.
    if ((await rotation.phase()) === "drop" && (await behind(workspace)).length === 0) await rotation.finish();
    const outcome = await walkPhases({
      rotation,
      machines: (await withEngine(workspace)).map(({ scope }) => scope),
      canSign: () =>
        certificates.ca().then(
          () => true,
          () => false,
        ),
      followClient: async () => void (await certificates.followClient()),
      round: (names, phase) => {
        if (phase !== "follow") tell(sentences[phase]);
        if (phase === "introduce") return copiesRound(workspace, names, certificates.prepare, options, emit);
        if (phase === "follow") return copiesRound(workspace, names, certificates.copyTo, options, emit);
        return certificateRound(workspace, names, options, emit);
      },
    });
    const people = (
      await lacking(await access.all(), (await rotation.next()) ?? (await certificates.caCertificate()))
    ).map(({ name }) => name);
    if (people.length > 0)
      tell(`To trust the engines' new certificates they need the new ca.pem (no secret): ${people.join(", ")}`);
    return outcome;
  });
}

const sentences: { readonly [phase in Exclude<RotationPhase, "prepared">]: string } = {
  introduce: "1 of 3: clients here trust the new CA, too",
  exchange: "2 of 3: servers, then clients get certificates of the new CA",
  drop: "3 of 3: nobody trusts the old CA any more",
};

/** What is brought into line: copies here (`introduce`: whom they trust, `follow`: the client's certificate), or engines. */
export type RoundOf = Exclude<RotationPhase, "prepared"> | "follow";

export interface Walk {
  readonly rotation: Rotation;
  readonly machines: readonly string[];
  /** Whether the present CA can still sign. */
  readonly canSign: () => Promise<boolean>;
  /** Give the store's client a certificate of the CA that signs now. */
  readonly followClient: () => Promise<void>;
  /** Bring machines into line with what the store's files say now. */
  readonly round: (machines: readonly string[], of: RoundOf) => Promise<Outcome>;
}

/** From whatever phase the files tell to the end. A machine that fails in one phase is left out of the later ones. */
export async function walkPhases({ rotation, machines, canSign, followClient, round }: Walk): Promise<Outcome> {
  const startedAt = Date.now();
  const rounds: Outcome[] = [];
  let left = machines;
  const go = async (of: RoundOf): Promise<boolean> => {
    const outcome = await round(left, of);
    rounds.push(outcome);
    const late = new Set(outcome.machines.filter(({ result }) => result === "failed").map(({ name }) => name));
    left = left.filter((name) => !late.has(name));
    return !outcome.cancelled;
  };
  let phase = (await rotation.phase()) ?? "prepared";
  if (phase === "prepared" || phase === "introduce") {
    const signs = await canSign();
    await rotation.introduce();
    // Nobody takes a certificate of a CA that cannot sign any more: there is nothing to wait for with the client's.
    if (!signs) {
      await rotation.exchange();
      await followClient();
    }
    if (!(await go("introduce"))) return sumOf(rounds, machines, startedAt);
    phase = "exchange";
  }
  if (phase === "exchange") {
    await rotation.exchange();
    if (!(await go("exchange"))) return sumOf(rounds, machines, startedAt);
    await followClient();
    if (!(await go("follow"))) return sumOf(rounds, machines, startedAt);
    await rotation.drop();
  }
  await go("drop");
  const outcome = sumOf(rounds, machines, startedAt);
  if (outcome.ok) await rotation.finish();
  return outcome;
}

/** One outcome of all rounds: a machine failed if it did in any of them. */
function sumOf(rounds: readonly Outcome[], machines: readonly string[], startedAt: number): Outcome {
  return {
    ok: rounds.every(({ ok }) => ok),
    cancelled: rounds.some(({ cancelled }) => cancelled),
    changed: rounds.reduce((sum, { changed }) => sum + changed, 0),
    machines: machines.flatMap((name) => {
      const own = rounds.flatMap((round) => round.machines.filter((machine) => machine.name === name));
      const worst = own.find(({ result }) => result === "failed") ?? own.at(-1);
      return worst ? [{ ...worst, ms: own.reduce((sum, { ms }) => sum + ms, 0) }] : [];
    }),
    failures: rounds.flatMap(({ failures }) => failures),
    ms: Date.now() - startedAt,
  };
}
