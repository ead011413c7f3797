import { isMachinistError, MachinistError } from "@machinist/core";
import { readableShellWord } from "@machinist/values";
import { type Hop, knownName } from "./address.ts";
import { type Credentials, lockedKey } from "./credentials.ts";

/** What ssh2 adds to its errors. */
type Ssh2Error = Error & { level?: string; code?: string | number };

const TOO_MANY_KEYS = /too many authentication failures/i;

/**
 * The error of one connection attempt: retryable where a host that is just booting would give it. A host that is `new`
 * may not have been told yet whom to let in.
 */
export function dialFailure(hop: Hop, cause: unknown, offered: Credentials, isNew = false): MachinistError {
  if (isMachinistError(cause)) return cause;
  const error: Ssh2Error = cause instanceof Error ? cause : new Error(String(cause));
  if (error.level === "client-authentication" || TOO_MANY_KEYS.test(error.message))
    return refusedKeys(hop, offered, error, isNew);
  const address = knownName(hop.host, hop.port);
  if (error.level === "handshake")
    return new MachinistError("ssh.protocol", `${address} and we share no way to speak SSH: ${error.message}`, {
      cause,
      hint: "Its SSH server may be very old: update it.",
    });
  if (error.code === "ENOTFOUND")
    return new MachinistError("ssh.unreachable", `There is no host named ${hop.host}`, {
      cause,
      hint: `Check the name: getent hosts ${hop.host}`,
    });
  return unreachable(hop, error);
}

function refusedKeys(hop: Hop, offered: Credentials, cause: Error, isNew: boolean): MachinistError {
  const locked = offered.locked[0];
  if (locked !== undefined) return lockedKey(locked);
  const who = `${hop.user}@${knownName(hop.host, hop.port)}`;
  const skipped = offered.skipped
    .map((path) => ` ${path} has a passphrase and was not tried: ssh-add ${readableShellWord(path)}`)
    .join(".");
  if (offered.tried.length === 0)
    return new MachinistError("ssh.auth", `There is no key to try for ${who}`, {
      cause,
      hint: `Name a private key, or start an SSH agent and add one with ssh-add.${skipped}`,
    });
  return new MachinistError("ssh.auth", `${who} accepts none of the keys tried: ${offered.tried.join(", ")}`, {
    cause,
    retryable: isNew,
    hint: `Check the user's name, and that the public key is in ~${hop.user}/.ssh/authorized_keys on the host.${skipped}`,
  });
}

const WORDS: { readonly [code: string]: string } = {
  ECONNREFUSED: "the connection was refused",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to its network",
  ETIMEDOUT: "nothing answers there",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
};

/** Somebody is there, and hangs up before anybody could log in. */
const HUNG_UP = new Set(["ECONNRESET", "EPIPE", "hung-up"]);

export function unreachable(hop: Hop, cause: Error & { code?: string | number }): MachinistError {
  const why = WORDS[String(cause.code)] ?? cause.message;
  if (HUNG_UP.has(String(cause.code)))
    return new MachinistError(
      "ssh.turned-away",
      `${knownName(hop.host, hop.port)} closes connections before anybody can log in: ${why}`,
      {
        cause,
        retryable: true,
        hint:
          "It may still be starting, or it blocks this address for a while after too many connections or failed logins " +
          "(PerSourcePenalties, MaxStartups, fail2ban). Wait a minute, or look at sshd's log there: journalctl -u ssh",
      },
    );
  return new MachinistError("ssh.unreachable", `${knownName(hop.host, hop.port)} does not answer SSH: ${why}`, {
    cause,
    retryable: true,
    hint: "Check that the machine runs, and that nothing between here and there closes the port.",
  });
}
