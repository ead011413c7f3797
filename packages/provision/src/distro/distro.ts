import type { OsRelease } from "../host/facts.ts";

/** What an adapter may do: run a package manager that waits its turn, fetch a file, write one. All as root. */
export interface Installer {
  readonly os: OsRelease;
  /** As `uname -m` says. */
  readonly arch: string;
  /** Version or prefix that was asked for. */
  readonly version: string | undefined;
  readonly warn: (message: string) => void;
  /**
   * Run one command of a package manager. Waits while another holds its lock. Gives the standard output; throws
   * `provision.install`, `provision.conflict`, `provision.locked` or `provision.disk-full`.
   */
  run(argv: readonly string[]): Promise<string>;
  /** The same, where failing is an answer. */
  attempt(argv: readonly string[]): Promise<string | undefined>;
  /** Download a file (0644) on the host, with curl or wget. */
  fetch(url: string, path: string): Promise<void>;
  write(path: string, content: string): Promise<void>;
}

/** How one family of distributions gets Docker. Without a method it has no such source. */
export interface Distro {
  readonly name: string;
  /** IDs in os-release. */
  readonly ids: readonly string[];
  /** Output that means another process has the package manager's lock, now. */
  readonly locked: RegExp;
  /** Packages that would have to go, by the output of a command that refused to remove any. */
  conflicts?(output: string): string[];
  /** Commands that finish what an earlier, cut-off run left, for output that asks for them. */
  readonly repair?: { readonly when: RegExp; readonly run: readonly string[] };
  /** From the distribution's own archive. False: it has no Docker in the version that was asked for. */
  distribution?(installer: Installer): Promise<boolean>;
  /** From docker's own archive. False: there is none for this release. */
  repository?(installer: Installer): Promise<boolean>;
}

/** All that an expression's first group finds, each once. */
export const found = (output: string, expression: RegExp): string[] => [
  ...new Set([...output.matchAll(expression)].map(([, name = ""]) => name)),
];

/** The first of several versions, newest first, that `wanted` asks for; epochs and distribution suffixes do not count. */
export function pick(versions: readonly string[], wanted: string): string | undefined {
  return versions.find((version) => {
    const plain = version.replace(/^\d+:/, "");
    return plain === wanted || (plain.startsWith(wanted) && /^[.+~:-]/.test(plain.slice(wanted.length)));
  });
}
