import { createHmac } from "node:crypto";

/**
 * How a new host proves the SSH host key that it made itself. Whoever asks for the host puts a boot secret into its
 * user-data; at its first boot the host leaves the HMAC of each of its keys at {@link hostProofPath} and forgets the secret. The
 * first connection reads the proof and believes the key, or ends. Somebody in between cannot make one for a key of theirs.
 */
export const hostProof = (bootSecret: string, hostKey: string): string =>
  createHmac("sha256", Buffer.from(bootSecret, "hex")).update(keyOf(hostKey)).digest("hex");

/** Where a host leaves its proofs, a line of 64 hex digits for each of its keys, readable by all. */
export const hostProofPath = "/var/lib/machinist/host-proof";

/** Type and base64 of a public key line, one blank between, without its comment. */
const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");
