import { MachinistError } from "@machinist/core";

/** One system on the way: a jump host, or the machine itself. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** An address as known_hosts and people write it: the port only where it is not 22. */
export const knownName = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** Reads `[user@]host[:port]`; IPv6 addresses with a port in brackets. Throws `ssh.jump`. */
export function parseJump(text: string, defaultUser: string): Hop {
  const parts =
    /^(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^:[\]\s@]+)|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d{1,5}))?$/.exec(
      text,
    );
  const host = parts?.[2] ?? parts?.[3] ?? parts?.[4];
  const port = Number(parts?.[5] ?? 22);
  if (host === undefined || host.startsWith("-") || port < 1 || port > 65_535)
    throw new MachinistError("ssh.jump", `"${text}" is not a jump host`, {
      hint: "Write it as [user@]host[:port], for example admin@bastion.example.com:2222.",
    });
  return { host, port, user: parts?.[1] ?? defaultUser };
}
