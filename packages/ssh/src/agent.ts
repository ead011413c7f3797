import { readFile } from "node:fs/promises";
import type { BaseAgent, IdentityCallback, ParsedKey, PublicKeyEntry } from "ssh2";
import { parsePublicKey } from "./fingerprint.ts";
import { loadSsh2 } from "./ssh2-library.ts";

/**
 * The user's agent, with the key the user named offered first: servers hang up after a handful of wrong keys, and an
 * agent may hold many.
 */
export async function openAgent(socket: string, keyPath: string | undefined): Promise<BaseAgent> {
  const { createAgent, OpenSSHAgent } = await loadSsh2();
  const agent = createAgent(socket);
  const wanted = keyPath === undefined ? undefined : await publicPart(keyPath);
  if (wanted === undefined || !(agent instanceof OpenSSHAgent)) return agent;
  const list = agent.getIdentities.bind(agent);
  const rank = (key: ParsedKey | PublicKeyEntry) =>
    "getPublicSSH" in key && key.getPublicSSH().equals(wanted) ? 0 : 1;
  agent.getIdentities = (done: IdentityCallback<ParsedKey>) =>
    list((error, keys) =>
      done(
        error,
        keys?.slice().sort((a, b) => rank(a) - rank(b)),
      ),
    );
  return agent;
}

async function publicPart(keyPath: string): Promise<Buffer | undefined> {
  try {
    return parsePublicKey(await readFile(`${keyPath}.pub`, "utf8")).blob;
  } catch {
    return undefined; // No .pub file beside it: then the agent's own order has to do.
  }
}
