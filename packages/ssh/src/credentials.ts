import { MachinistError } from "@machinist/core";
import type { AnyAuthMethod } from "ssh2";
import { openAgent } from "./agent.ts";
import { fingerprint } from "./fingerprint.ts";
import { type PrivateKey, parsePrivateKey, readPrivateKey } from "./private-key.ts";

export interface KeySources {
  /** A private key the user named: it has to be there. */
  readonly keyPath?: string | undefined;
  /** The machine's own private key, where we made one. */
  readonly identity?: string | undefined;
  /** Keys to try after those of the agent, as paths. They need not be there, nor be keys. */
  readonly userKeys?: readonly string[];
  /** The agent's socket. */
  readonly agent?: string | undefined;
  /** Asked only after the agent could not help; its answers are remembered by the caller if at all. */
  readonly passphrase?: ((path: string) => Promise<string | undefined>) | undefined;
}

/** What one connection attempt offers, and what it has offered so far. */
export interface Credentials {
  readonly tried: readonly string[];
  /** Keys that stayed closed for want of a passphrase. */
  readonly locked: readonly string[];
  methods(username: string): AsyncGenerator<AnyAuthMethod, void>;
}

/**
 * The named key first, then the machine's own, then the agent's, then the user's, then keys with a passphrase. Throws `ssh.key-missing`,
 * `ssh.key-invalid`, `ssh.key-passphrase`.
 */
export function credentials(sources: KeySources): Credentials {
  const tried: string[] = [];
  const locked: string[] = [];
  async function* methods(username: string): AsyncGenerator<AnyAuthMethod, void> {
    const closed: { path: string; text: Buffer }[] = [];
    for (const path of new Set([sources.keyPath, sources.identity])) {
      const text = path === undefined ? undefined : await readIfThere(path, path === sources.keyPath);
      if (path === undefined || text === undefined) continue;
      const key = await parsePrivateKey(path, text);
      if (key === undefined) {
        closed.push({ path, text });
        continue;
      }
      tried.push(`${path} (${fingerprint(key.publicKey)})`);
      yield { type: "publickey", username, key: key.text };
    }
    if (sources.agent) {
      tried.push("the keys of the SSH agent");
      yield { type: "agent", username, agent: await openAgent(sources.agent, sources.keyPath) };
    }
    for (const path of sources.userKeys ?? []) {
      const found = await userKey(path);
      if (found === undefined) continue;
      if (found.key === undefined) {
        closed.push({ path, text: found.text });
        continue;
      }
      tried.push(`${path} (${fingerprint(found.key.publicKey)})`);
      yield { type: "publickey", username, key: found.key.text };
    }
    for (const { path, text } of closed) {
      const passphrase = await sources.passphrase?.(path);
      if (passphrase === undefined) {
        locked.push(path);
        continue;
      }
      const key = (await parsePrivateKey(path, text, passphrase))!;
      tried.push(`${path} (${fingerprint(key.publicKey)})`);
      yield { type: "publickey", username, key: key.text, passphrase };
    }
  }
  return { tried, locked, methods };
}

export function lockedKey(path: string): MachinistError {
  return new MachinistError("ssh.key-passphrase", `The key ${path} has a passphrase`, {
    hint: `Give it to your SSH agent first: eval "$(ssh-agent)"; ssh-add '${path}'`,
  });
}

/** One that nobody named: what cannot be used is left out. `key` is undefined where it has a passphrase. */
async function userKey(path: string): Promise<{ text: Buffer; key: PrivateKey | undefined } | undefined> {
  try {
    const text = await readPrivateKey(path);
    return { text, key: await parsePrivateKey(path, text) };
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string, required: boolean): Promise<Buffer | undefined> {
  try {
    return await readPrivateKey(path);
  } catch (error) {
    if (!required && ((error as Error).cause as NodeJS.ErrnoException)?.code === "ENOENT") return undefined;
    throw error;
  }
}
