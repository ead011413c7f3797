import { MachinistError } from "@machinist/core";

/** Who was logged in where, as people write it. */
interface Login {
  readonly user: string;
  /** The machine's name, or its address. */
  readonly host: string;
}

/** Ways in which a host lets a user in and then runs nothing. No waiting mends them. */
const CAUSES: readonly {
  readonly heard: RegExp;
  readonly failure: (login: Login, named: string) => MachinistError;
}[] = [
  {
    // Cloud images, where root's key was put in place by a provider.
    heard: /please login as the user "?([\w.-]{1,32})"? rather than/i,
    failure: ({ host }, user) =>
      new MachinistError("ssh.auth", `${host} wants another user: ${user}`, {
        hint: `Give the driver's option for the SSH user the value ${user}.`,
      }),
  },
  {
    heard: /password (?:has|is) expired|password change required|must change your password|account has expired/i,
    failure: ({ host, user }) =>
      new MachinistError("ssh.expired", `The password or account of ${user} on ${host} has expired`, {
        hint: `Change it there (passwd ${user}), or as root: chage -M -1 -E -1 ${user}`,
      }),
  },
  {
    heard: /account is (?:currently )?not available|only (?:allows )?(?:sftp|scp)|sftp connections only/i,
    failure: ({ host, user }) =>
      new MachinistError("ssh.no-shell", `${user} may not run commands on ${host}`, {
        hint: `Give the user a shell there, as root: usermod -s /bin/sh ${user}; or log in as another one.`,
      }),
  },
  {
    heard: /base64: (?:command )?not found|not found: base64|unknown command: base64/i,
    failure: ({ host }) =>
      new MachinistError("ssh.not-run", `${host} has no base64, by which commands are given to it`, {
        hint: "Install it there (package coreutils).",
      }),
  },
];

/** The refusal that a host's words are known to be; undefined where they may be anything. */
export function knownRefusal(login: Login, heard: string): MachinistError | undefined {
  for (const { heard: pattern, failure } of CAUSES) {
    const match = pattern.exec(heard);
    if (match !== null) return failure(login, match[1] ?? "");
  }
  return undefined;
}

/** A command ended, and our shell never said that it runs. */
export function notRun(login: Login, what: string, heard: string, code: number): MachinistError {
  const known = knownRefusal(login, heard);
  if (known !== undefined) return known;
  const first = heard.split("\n").find((line) => line.trim() !== "");
  const said = first === undefined ? `nothing, with code ${code}` : JSON.stringify(first.trim().slice(0, 200));
  return new MachinistError("ssh.not-run", `${login.host} did not run ${what}; it answered ${said}`, {
    hint:
      `Look there for ForceCommand in sshd_config, command= in authorized_keys, and the login shell of ${login.user}: ` +
      "one of them runs something else instead.",
  });
}
