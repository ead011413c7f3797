import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { scopeOf } from "@machinist/core";
import type { Certificates } from "../certs/index.ts";
import { sha256 } from "../config/digest.ts";
import { type EngineState, type LocalCertificates, observe } from "../engine-state.ts";
import { type Facts, parseFacts, probe } from "../host/facts.ts";
import type { Work } from "./work.ts";

/** Look at the host again. */
export async function readFacts(work: Work): Promise<void> {
  await take(work, await probe(work.reach));
}

/** Take over what a script that ended with the probe printed, sparing a round trip. */
export const lookAt = (work: Work, output: string): Promise<void> => take(work, parseFacts(output));

async function take(work: Work, facts: Facts): Promise<void> {
  const local = await localCertificates(work.dependencies.certificates, work.machineDir, work.call);
  work.facts = facts;
  work.state = remembering(observe(facts, work.reach.host.endpoint, work.props.port, local), work.state);
}

/** What a machine's folder and the store hold on this side. */
export async function localCertificates(
  certificates: Certificates,
  machineDir: string,
  { id, fleet }: { readonly id: string; readonly fleet: string },
): Promise<LocalCertificates> {
  const [key, ca, trusted, copied] = await Promise.all([
    readFile(join(machineDir, "server-key.pem")).catch(() => undefined),
    certificates.caCertificate(),
    certificates.trusted(scopeOf(id), fleet),
    certificates.isCopiedTo(machineDir),
  ]);
  return { ca, trusted, copied, keyDigest: key && sha256(key) };
}

/** What was seen, with what only the engine itself can tell as it said it before. */
export const remembering = (seen: EngineState, before: EngineState | undefined): EngineState =>
  before === undefined
    ? seen
    : {
        ...seen,
        version: before.version,
        apiVersion: before.apiVersion,
        daemonId: before.daemonId,
        // Records of before these were asked for have none.
        storage: seen.storage || (before.storage ?? ""),
        root: seen.root || (before.root ?? ""),
        verified: before.verified,
      };
