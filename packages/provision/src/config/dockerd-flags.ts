import { DAEMON_JSON_PATH } from "./daemon-json.ts";

/** A flag of dockerd by its long name. A value that follows as a word of its own is looked for in those of interest only. */
export interface Flag {
  readonly name: string;
  readonly value: string;
}

const SHORT: { readonly [letter: string]: string } = {
  H: "host",
  g: "data-root",
  s: "storage-driver",
  b: "bridge",
  D: "debug",
  G: "group",
  l: "log-level",
  p: "pidfile",
};
/** Flags whose key in daemon.json is another word than theirs. */
const KEYS: { readonly [flag: string]: string } = {
  "add-runtime": "runtimes",
  "authorization-plugin": "authorization-plugins",
  "default-address-pool": "default-address-pools",
  "default-ulimit": "default-ulimits",
  "dns-opt": "dns-opts",
  "exec-opt": "exec-opts",
  graph: "data-root",
  host: "hosts",
  "insecure-registry": "insecure-registries",
  label: "labels",
  "log-opt": "log-opts",
  "registry-mirror": "registry-mirrors",
  "storage-opt": "storage-opts",
};

export function flagsIn(words: readonly string[]): Flag[] {
  return words.flatMap((word, at) => {
    const [, long, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (long !== undefined) return [{ name: long, value: inline ?? words[at + 1] ?? "" }];
    const [, letter, rest] = /^-([A-Za-z])=?(.*)$/s.exec(word) ?? [];
    const name = letter && SHORT[letter];
    return name ? [{ name, value: rest || (words[at + 1] ?? "") }] : [];
  });
}

/** The key of daemon.json that says the same: dockerd does not start where it finds both. */
export const keyOfFlag = (flag: string): string => KEYS[flag] ?? flag;

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
