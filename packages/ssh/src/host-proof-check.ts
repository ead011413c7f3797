import { timingSafeEqual } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { hostProof, hostProofPath, MachinistError } from "@machinist/core";
import type { Client } from "ssh2";
import { knownName } from "./address.ts";
import { fingerprint } from "./fingerprint.ts";
import { ALGORITHMS, type HostKeyCheck, lineOf, refuseRevoked, type Trust } from "./host-key-check.ts";
import { pinProved, readKnownKeys } from "./known-hosts.ts";
import { readAnswer } from "./read-answer.ts";

/** The secret that a new host still has to prove its key with; undefined where it has, or never was to. */
export async function pendingSecret(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw damaged(path, "cannot be read", cause);
  });
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{64}\s*$/.test(text)) throw damaged(path, "is damaged");
  return text.trim();
}

const damaged = (path: string, how: string, cause?: unknown): MachinistError =>
  new MachinistError("ssh.boot-secret", `The boot secret ${path} ${how}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Without it the host cannot prove its key: recreate the machine, or look its key up and pin it yourself.",
  });

/**
 * For a host's first connection. Its key is taken for now; after login one fixed command reads the proof, and the key is
 * believed or the connection ends. The login itself gives nothing away: what a public key signs holds for this session
 * alone (RFC 4252, 7), so whoever is in between cannot use it on the real host.
 *
 * Whatever known_hosts files say of the address is of no weight: providers hand addresses out again. While the secret is there the proof
 * is asked for, even where a key is pinned already: the process that pinned it may have been killed just then.
 */
export async function proofCheck(trust: Trust, secret: string): Promise<HostKeyCheck> {
  const files = [trust.knownHosts, ...trust.othersKnownHosts];
  const said = await Promise.all(files.map((file) => readKnownKeys(file, trust.host, trust.port)));
  let seen: Buffer | undefined;
  return {
    algorithms: ALGORITHMS,
    anyType: false,
    async verify(key) {
      const match = said.flat().find(({ revoked, blob }) => revoked && blob.equals(key));
      if (match !== undefined) throw refuseRevoked(trust, match);
      // Keys are exchanged again from time to time; another host key then would be another host.
      if (seen !== undefined && !seen.equals(key)) throw unproved(trust, key);
      seen = key;
    },
    async prove(client, signal) {
      if (seen === undefined) throw missing(trust, "it showed no key");
      await demandProof(client, trust, secret, seen, signal);
      await pinProved(trust.knownHosts, trust.host, trust.port, lineOf(seen));
      await forget(trust);
    },
  };
}

async function demandProof(
  client: Client,
  trust: Trust,
  secret: string,
  key: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const login = { user: trust.user, host: knownName(trust.host, trust.port) };
  const { code, text } = await readAnswer(client, ["cat", hostProofPath], login, signal);
  const wanted = Buffer.from(hostProof(secret, lineOf(key)));
  const given = text.split("\n").filter((line) => line !== "");
  if (given.some((line) => isSame(Buffer.from(line), wanted))) return;
  if (given.length > 0 && given.every((line) => /^[0-9a-f]{64}$/.test(line))) throw unproved(trust, key);
  throw missing(trust, code === 0 ? "what it gives as proof is none" : "it has not proved its key yet");
}

const isSame = (given: Buffer, wanted: Buffer): boolean =>
  given.length === wanted.length && timingSafeEqual(given, wanted);

const unproved = (trust: Trust, key: Buffer): MachinistError =>
  new MachinistError(
    "ssh.host-proof",
    `${knownName(trust.host, trust.port)} is not the host that was made: it cannot prove its key ${fingerprint(key)}`,
    {
      hint:
        "Another system answers at this address, or someone is in between; nothing was done there. Check the address " +
        "and the machine's state at its provider; if in doubt, remove the machine and create it again.",
    },
  );

/** It may still come: cloud-init is at work until it has made the keys. */
const missing = (trust: Trust, why: string): MachinistError =>
  new MachinistError("ssh.host-proof-missing", `${knownName(trust.host, trust.port)} cannot be believed yet: ${why}`, {
    retryable: true,
    hint:
      "Its image needs cloud-init, and its user-data has to be what machinist made. See on the host's console, or by " +
      "another way in: cloud-init status --long",
  });

/** From here on the pinned key decides. */
async function forget(trust: Trust): Promise<void> {
  if (trust.bootSecret === undefined) return;
  try {
    await rm(trust.bootSecret, { force: true });
  } catch {
    trust.log(`The boot secret ${trust.bootSecret} cannot be removed; it is not needed any more`, "warn");
  }
}
