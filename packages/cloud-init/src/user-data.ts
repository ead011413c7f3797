import { MachinistError } from "@machinist/core";
import { bootScript } from "./boot-script.ts";
import { checkedSecret } from "./boot-secret.ts";
import { message, type Part, textPart } from "./mime.ts";
import { checkedKey } from "./public-key.ts";
import { userPart } from "./user-part.ts";

/** What is asked of a host's first boot. */
export interface FirstBoot {
  /** 64 hex digits: the host proves its own ed25519 key with it (core's hostProof) and then loses it. */
  readonly bootSecret?: string;
  /**
   * Put this ed25519 host key in. For seed images that only this computer can read, never through a provider: user-data
   * stays readable there.
   */
  readonly hostKey?: { readonly privateKey: string; readonly publicKey: string };
  /** Keys that may log in as the image's default user. */
  readonly authorizedKeys?: readonly string[];
  readonly hostname?: string;
  /** The user's own user-data, in any text format that cloud-init takes. */
  readonly userData?: string;
}

/**
 * Ours comes last and adds: its lists are appended to the user's, and what the user has said by themselves stays. Were
 * it first, a later part would replace it key by key (cloud-init's default).
 */
const ADD_ONLY = "Merge-Type: list(append)+dict(no_replace,recurse_list)+str()";

/**
 * User-data for a first boot: deterministic, and empty where nothing is asked for. Throws `cloud-init.*`.
 */
export function userData(boot: FirstBoot): string {
  const ours = cloudConfig(boot);
  const script = boot.bootSecret === undefined ? undefined : bootScript(checkedSecret(boot.bootSecret));
  const theirs = boot.userData === undefined ? undefined : userPart(boot.userData);
  if (theirs === undefined && script === undefined) return ours;
  if (theirs !== undefined && script === undefined && ours === "") return boot.userData ?? "";
  const parts: (Part | undefined)[] = [
    script === undefined ? undefined : textPart("text/cloud-boothook", script, "machinist-host-proof"),
    theirs,
    ours === "" ? undefined : textPart("text/cloud-config", ours, "machinist.cfg", [ADD_ONLY]),
  ];
  return message(parts.filter((part) => part !== undefined));
}

/** JSON is YAML. */
function cloudConfig({ hostKey, authorizedKeys = [], hostname }: FirstBoot): string {
  const entries: [string, unknown][] = [];
  if (hostname !== undefined) entries.push(["hostname", checkedName(hostname)]);
  if (authorizedKeys.length > 0) entries.push(["ssh_authorized_keys", authorizedKeys.map(checkedKey)]);
  if (hostKey !== undefined)
    entries.push([
      "ssh_keys",
      { ed25519_private: `${hostKey.privateKey.trim()}\n`, ed25519_public: checkedKey(hostKey.publicKey) },
    ]);
  if (entries.length === 0) return "";
  return ["#cloud-config", ...entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`), ""].join("\n");
}

function checkedName(hostname: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/.test(hostname))
    return hostname;
  throw new MachinistError("cloud-init.hostname", `${JSON.stringify(hostname)} is no host name`, {
    hint: "Use letters, digits and hyphens",
  });
}
