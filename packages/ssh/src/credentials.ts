import { readFile } from "node:fs/promises";
import { MachinistError } from "@machinist/core";
import type { AnyAuthMethod } from "ssh2";
import { openAgent } from "./agent.ts";
import { fingerprint } from "./fingerprint.ts";
import { loadSsh2 } from "./ssh2-library.ts";

export interface KeySources {
  /** A private key the user named: it has to be there. */
  readonly keyPath?: string | undefined;
  /** The machine's own private key, where we made one. */
  readonly identity?: string | undefined;
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
 * The named key first, then the machine's own, then the agent's, then keys with a passphrase. Throws `ssh.key-missing`,
 * `ssh.key-invalid`, `ssh.key-passphrase`.
 */
export function credentials(sources: KeySources): Credentials {
  const tried: string[] = [];
  const locked: string[] = [];
  async function* methods(username: string): AsyncGenerator<AnyAuthMethod, void> {
    const closed: { path: string; text: Buffer }[] = [];
    for (const path of new Set([sources.keyPath, sources.identity])) {
      const text = path === undefined ? undefined : await readKey(path, path === sources.keyPath);
      if (path === undefined || text === undefined) continue;
      const key = await parse(path, text);
      if (key === undefined) {
        closed.push({ path, text });
        continue;
      }
      tried.push(`${path} (${fingerprint(key)})`);
      yield { type: "publickey", username, key: text };
    }
    if (sources.agent) {
      tried.push("the keys of the SSH agent");
      yield { type: "agent", username, agent: await openAgent(sources.agent, sources.keyPath) };
    }
    for (const { path, text } of closed) {
      const passphrase = await sources.passphrase?.(path);
      if (passphrase === undefined) {
        locked.push(path);
        continue;
      }
      tried.push(`${path} (${fingerprint((await parse(path, text, passphrase))!)})`);
      yield { type: "publickey", username, key: text, passphrase };
    }
  }
  return { tried, locked, methods };
}

export function lockedKey(path: string): MachinistError {
  return new MachinistError("ssh.key-passphrase", `The key ${path} has a passphrase`, {
    hint: `Give it to your SSH agent first: eval "$(ssh-agent)"; ssh-add '${path}'`,
  });
}

async function readKey(path: string, required: boolean): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && !required) return undefined;
    throw new MachinistError("ssh.key-missing", `The private key ${path} cannot be read`, {
      cause,
      hint: missing ? "Check the path of the key." : `Make it readable for you alone: chmod 600 '${path}'`,
    });
  }
}

/** The public key's bytes; undefined where the key has a passphrase and none was given. */
async function parse(path: string, text: Buffer, passphrase?: string): Promise<Buffer | undefined> {
  const { utils } = await loadSsh2();
  const key = utils.parseKey(text, passphrase);
  if (!(key instanceof Error)) {
    if (key.isPrivateKey()) return key.getPublicSSH();
    throw invalid(path, "it is a public key", "Name the file without .pub.");
  }
  const encrypted = /encrypted/i.test(key.message) && /passphrase/i.test(key.message);
  if (encrypted && passphrase === undefined) return undefined;
  if (passphrase !== undefined)
    throw new MachinistError("ssh.key-passphrase", `The passphrase does not open the key ${path}`, { cause: key });
  throw invalid(path, key.message, `Convert it to OpenSSH's format: ssh-keygen -p -f '${path}'`);
}

function invalid(path: string, why: string, hint: string): MachinistError {
  return new MachinistError("ssh.key-invalid", `The private key ${path} cannot be used: ${why}`, { hint });
}
