import type { Level } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Client } from "ssh2";
import { knownName } from "./address.ts";
import { fingerprint, keyType, parsePublicKey } from "./fingerprint.ts";
import { type KnownKey, pinKeys, readKnownKeys, readProvedKeys } from "./known-hosts.ts";

/** What may vouch for a host's key, the strongest first. */
export interface Trust {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Public key lines known beforehand. */
  readonly hostKeys?: readonly string[] | undefined;
  /** The machine's own known_hosts: what is trusted here is pinned there. */
  readonly knownHosts: string;
  /** Those of the user and of this computer, in the order in which they are read. */
  readonly othersKnownHosts: readonly string[];
  /** Where the secret lies by which a new host proves its key. */
  readonly bootSecret?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly trustOnFirstUse?: boolean | undefined;
  readonly log: (message: string, level: Level) => void;
}

export interface HostKeyCheck {
  /** The signature algorithms to ask the server for, best first: a server shows only one of its keys. */
  readonly algorithms: readonly string[];
  /** Resolves if the key is the host's; throws `ssh.host-key-*` if not. */
  verify(key: Buffer): Promise<void>;
  /** Only a fingerprint is known, so the key it belongs to may be of any type: another one is worth asking for. */
  readonly anyType: boolean;
  /** After login, and before anything else is done there: throws where the key is not believed after all. */
  readonly prove?: (client: Client, signal: AbortSignal) => Promise<void>;
}

const RSA = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];
export const ALGORITHMS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", ...RSA];

/** The signature algorithms a key of this type can be used with. */
export const algorithmsOf = (type: string): readonly string[] => (type === "ssh-rsa" ? RSA : [type]);

/** Pins the keys known beforehand and gathers what else is known, before anything is sent to the host. */
export async function prepareHostKeyCheck(trust: Trust): Promise<HostKeyCheck> {
  const { host, port } = trust;
  if (trust.hostKeys !== undefined && trust.hostKeys.length > 0) {
    trust.hostKeys.forEach(parsePublicKey);
    await pinKeys(trust.knownHosts, host, port, trust.hostKeys);
  }
  const own = await ownKeys(trust);
  const others = await Promise.all(trust.othersKnownHosts.map((file) => readKnownKeys(file, host, port)));
  const revoked = [own, ...others].flat().filter((key) => key.revoked);
  const known = [own, others.flat()].map((keys) => keys.filter((key) => !key.revoked)).find((keys) => keys.length > 0);
  const wanted = known === undefined ? requireFingerprint(trust.fingerprint) : undefined;
  return {
    algorithms: order(known ?? []),
    anyType: wanted !== undefined,
    async verify(key) {
      const match = revoked.find(({ blob }) => blob.equals(key));
      if (match !== undefined) throw refuseRevoked(trust, match);
      if (known !== undefined) {
        if (!known.some(({ blob }) => blob.equals(key))) throw refuseChanged(trust, key, known);
        if (trust.bootSecret !== undefined) await pinKeys(trust.knownHosts, host, port, [lineOf(key)]);
        return;
      }
      await acceptUnknown(trust, key, wanted);
    },
  };
}

/** A key that was proved is the machine's at whatever address: a provider may give it another at each start. */
async function ownKeys({ knownHosts, host, port, bootSecret }: Trust): Promise<readonly KnownKey[]> {
  const proved = bootSecret === undefined ? [] : await readProvedKeys(knownHosts);
  return proved.length > 0 ? proved : readKnownKeys(knownHosts, host, port);
}

function order(known: readonly KnownKey[]): string[] {
  const first = known.flatMap(({ type }) => algorithmsOf(type)).filter((name) => ALGORITHMS.includes(name));
  return [...new Set([...first, ...ALGORITHMS])];
}

async function acceptUnknown(trust: Trust, key: Buffer, wanted: string | undefined): Promise<void> {
  const seen = fingerprint(key);
  if (wanted !== undefined && wanted !== seen) throw refuseFingerprint(trust, seen, wanted);
  if (wanted === undefined && trust.trustOnFirstUse !== true) throw refuseUnknown(trust, key);
  await pinKeys(trust.knownHosts, trust.host, trust.port, [lineOf(key)]);
  if (wanted === undefined)
    trust.log(
      `Trusting ${knownName(trust.host, trust.port)} on first use: its ${keyType(key)} key is ${seen}, from now on only this one is accepted`,
      "warn",
    );
}

/** A public key line without a comment. */
export const lineOf = (key: Buffer): string => `${keyType(key)} ${key.toString("base64")}`;

function requireFingerprint(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const digits = text.replace(/^SHA256:/i, "").replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]{43}$/.test(digits))
    throw new MachinistError("ssh.fingerprint", `"${text}" is not the fingerprint of a host key`, {
      hint: "A fingerprint is SHA256: and 43 more characters, as `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints it on the host.",
    });
  return `SHA256:${digits}`;
}

function refuseChanged(trust: Trust, key: Buffer, known: readonly KnownKey[]): MachinistError {
  const name = knownName(trust.host, trust.port);
  const best = known.find(({ type }) => type === keyType(key)) ?? known[0]!;
  const given = (trust.hostKeys !== undefined && trust.hostKeys.length > 0) || trust.bootSecret !== undefined;
  return new MachinistError(
    "ssh.host-key-changed",
    `The host key of ${name} is not the one known: it presented ${keyType(key)} ${fingerprint(key)}, ` +
      `known is ${best.type} ${fingerprint(best.blob)} (${best.file}, line ${best.line})`,
    {
      hint: given
        ? "Another system answers at this address, or someone reads along. Check the address and the machine's state."
        : `If the host was reinstalled, forget its old key: ssh-keygen -R '${name}' -f '${best.file}'. If not, someone may be reading along.`,
    },
  );
}

function refuseFingerprint(trust: Trust, seen: string, wanted: string): MachinistError {
  return new MachinistError(
    "ssh.host-key-changed",
    `The host key of ${knownName(trust.host, trust.port)} is ${seen}, but the fingerprint given is ${wanted}`,
    { hint: "Check the fingerprint on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" },
  );
}

function refuseUnknown(trust: Trust, key: Buffer): MachinistError {
  const type = keyType(key);
  const file = `ssh_host_${type.startsWith("ecdsa") ? "ecdsa" : type.replace(/^ssh-/, "")}_key.pub`;
  return new MachinistError(
    "ssh.host-key-unknown",
    `The host key of ${knownName(trust.host, trust.port)} is not known: it presented ${type} ${fingerprint(key)}`,
    {
      hint:
        `Compare it with \`ssh-keygen -lf /etc/ssh/${file}\` on the host. If it is the same, give the machine the option ` +
        `host-key (${fingerprint(key)}) or, to accept it unseen, trust-on-first-use.`,
    },
  );
}

export function refuseRevoked(trust: Trust, match: KnownKey): MachinistError {
  return new MachinistError(
    "ssh.host-key-revoked",
    `The host key of ${knownName(trust.host, trust.port)} (${fingerprint(match.blob)}) is marked as revoked (${match.file}, line ${match.line})`,
    { hint: "A revoked key is one that others may hold: give the host a new key." },
  );
}
