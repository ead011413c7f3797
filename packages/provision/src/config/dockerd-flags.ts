import { dockerOptionOfFlag } from "@machinist/options";
import { DAEMON_JSON_PATH } from "./daemon-json.ts";

/** A flag of dockerd by its long name. A value that follows as a word of its own is looked for in those of interest only. */
export interface Flag {
  readonly name: string;
  readonly value: string;
}

export function flagsIn(words: readonly string[]): Flag[] {
  return words.flatMap((word, at) => {
    const [, long, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (long !== undefined) return [{ name: long, value: inline ?? words[at + 1] ?? "" }];
    const [, letter, rest] = /^-([A-Za-z])=?(.*)$/s.exec(word) ?? [];
    const name = letter && dockerOptionOfFlag(letter)?.flag;
    return name ? [{ name, value: rest || (words[at + 1] ?? "") }] : [];
  });
}

/** The key of daemon.json that says the same: dockerd does not start where it finds both. */
export const keyOfFlag = (flag: string): string => dockerOptionOfFlag(flag)?.daemonKey ?? flag;

/** The first of a host's own flags that contradicts what machinist gives to dockerd; undefined where all of them can stay. */
export function contradicting(flags: readonly Flag[]): string | undefined {
  const found = flags.find(
    ({ name, value }) =>
      (name === "host" && /^(tcp:|\w[\w.-]*:\d|:\d|\d)/.test(value)) ||
      /^tls/.test(name) ||
      (name === "config-file" && value !== DAEMON_JSON_PATH),
  );
  return found && `--${found.name}${/^tls(verify)?$/.test(found.name) ? "" : ` ${found.value}`}`;
}
