import { MachinistError } from "@machinist/core";
import { readableShellWord } from "@machinist/values";
import type { AnyAuthMethod } from "ssh2";
import { openAgent } from "./agent.ts";
import { fingerprint } from "./fingerprint.ts";
import { type PrivateKey, parsePrivateKey, readPrivateKey } from "./private-key.ts";

export interface KeySources {
  /** A private key the user named: it has to be there. */
  readonly keyPath?: string | undefined;
  /** The machine's own private key, where we made one. */
  readonly identity?: string | undefined;
  /** Paths of keys to try after the agent's. Nobody named them: those that are missing, broken or locked are left out. */
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
  /** The user's own keys that have a passphrase: nobody named them, so nobody is asked for it. */
  readonly skipped: readonly string[];
  methods(username: string): AsyncGenerator<AnyAuthMethod, void>;
}

/**
 * The named key first, then the machine's own, then the agent's, then the user's, then keys with a passphrase. Throws `ssh.key-missing`,
 * `ssh.key-invalid`, `ssh.key-passphrase`.
 */
export function credentials(sources: KeySources): Credentials {
  const tried: string[] = [];
  const locked: string[] = [];
  const skipped: string[] = [];
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
      const key = await userKey(path);
      if (key === "locked") skipped.push(path);
      if (typeof key !== "object") continue;
      tried.push(`${path} (${fingerprint(key.publicKey)})`);
      yield { type: "publickey", username, key: key.text };
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
  return { tried, locked, skipped, methods };
}

export function lockedKey(path: string): MachinistError {
  return new MachinistError("ssh.key-passphrase", `The key ${path} has a passphrase`, {
    hint: `Give it to your SSH agent first: eval "$(ssh-agent)"; ssh-add ${readableShellWord(path)}`,
  });
}

/** One that nobody named: what no login can use must not keep others from being tried. */
async function userKey(path: string): Promise<PrivateKey | "locked" | undefined> {
  try {
    return (await parsePrivateKey(path, await readPrivateKey(path))) ?? "locked";
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
