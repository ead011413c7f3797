import type { FileOwner, Uploaded } from "@machinist/core";
import type { BundleFile } from "./bundle.ts";
import { contentIn, type Fingerprint, sha256 } from "./fingerprint.ts";

/** What is to be done with the files of a bundle, judged by what a host has. Names are relative to the bundle's root. */
export interface Transfer {
  /** Files and links that are not there as they should be. */
  readonly send: ReadonlyMap<string, Uploaded>;
  /** Folders that are not there as they should be, those above first. */
  readonly folders: readonly FolderWanted[];
  /** What was carried earlier and is not wanted any more, those below first. */
  readonly remove: readonly string[];
  /** Those that changed here while somebody on the host, most likely a container, wrote to them: they stay. */
  readonly kept: readonly string[];
  /** To be noted once all is done: what of this bundle is there by our doing. */
  readonly note: string;
}

export interface FolderWanted {
  readonly name: string;
  readonly mode: number;
  readonly owner: FileOwner;
}

/** What a host has at a name: `d`, or `f` or `l` with the SHA-256 of the file's content or the link's target. */
export type There = ReadonlyMap<string, string>;

/**
 * `noted`: what was carried before, undefined where nothing was noted yet. `overwrite`: also what somebody there has
 * written to.
 */
export function transferOf(
  wanted: ReadonlyMap<string, BundleFile>,
  noted: ReadonlyMap<string, Fingerprint> | undefined,
  there: There,
  overwrite = false,
): Transfer {
  const send = new Map<string, Uploaded>();
  const folders: FolderWanted[] = [];
  const kept: string[] = [];
  const note: string[] = [];
  for (const [name, file] of wanted) {
    const before = noted?.get(name);
    const now = there.get(name);
    const same = now === thereAs(file.fingerprint);
    const touched = !overwrite && noted !== undefined && now !== undefined && !same && now !== thereAs(before);
    if (touched) {
      if (before !== file.fingerprint) kept.push(name);
    } else if (!same || keptIn(before) !== keptIn(file.fingerprint)) place(name, file, { send, folders });
    const fact = touched ? before : file.fingerprint;
    if (fact !== undefined) note.push(noteLine(name, fact));
  }
  const remove = [...(noted ?? [])]
    .filter(([name, before]) => !wanted.has(name) && there.get(name) === thereAs(before))
    .map(([name]) => name);
  return { send, folders, remove: remove.sort().reverse(), kept, note: note.join("") };
}

function place(
  name: string,
  { carried, content }: BundleFile,
  into: { send: Map<string, Uploaded>; folders: FolderWanted[] },
) {
  if (carried.type === "link") return void into.send.set(name, { target: carried.target });
  const owner = { uid: carried.uid, gid: carried.gid };
  if (carried.type === "folder") return void into.folders.push({ name, mode: carried.mode, owner });
  into.send.set(name, { path: carried.path, owner, ...(content === undefined ? {} : { content }) });
}

/** Permissions and owner. */
const keptIn = (fingerprint: Fingerprint | undefined): string | undefined =>
  fingerprint
    ?.split(" ")
    .slice(fingerprint.startsWith("d") ? 1 : 2)
    .join(" ");

/** As a host tells of what has this fingerprint. */
function thereAs(fingerprint: Fingerprint | undefined): string | undefined {
  if (fingerprint === undefined) return undefined;
  const content = contentIn(fingerprint);
  return content === undefined ? "d" : `${fingerprint[0]} ${content}`;
}

const noteLine = (name: string, fingerprint: Fingerprint): string => `${fingerprint} ${JSON.stringify(name)}\n`;

/** The note of an earlier transfer; undefined where there is none. */
export function readNote(text: string): Map<string, Fingerprint> | undefined {
  if (text === "") return undefined;
  const noted = new Map<string, Fingerprint>();
  for (const line of text.split("\n")) {
    const [, fingerprint, name] = /^([dfl] .*?) ("(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
    if (fingerprint !== undefined && name !== undefined) noted.set(JSON.parse(name) as string, fingerprint);
    // As it was written before links, folders and owners were carried.
    const [, hash, mode, plain] = /^([0-9a-f]{64}) ([0-7]+) (.+)$/.exec(line) ?? [];
    if (hash !== undefined && plain !== undefined) noted.set(plain, `f ${hash} ${mode} -`);
  }
  return noted;
}

/** What LOOK_CARRIED prints. */
export function readThere(text: string): Map<string, string> {
  const there = new Map<string, string>();
  const end = text.lastIndexOf("\0");
  const parts = text.slice(0, Math.max(0, end)).split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [name, target] = [parts[at]!, parts[at + 1]!];
    there.set(name.slice(1), name.startsWith("l") ? `l ${sha256(target)}` : "d");
  }
  for (const line of text.slice(end + 1).split("\n")) {
    // A line begins with a backslash where the name had to be escaped.
    const [, escaped, hash, name] = /^(\\?)([0-9a-f]{64})[ *]{2}\.\/(.+)$/.exec(line) ?? [];
    if (hash === undefined || name === undefined) continue;
    there.set(
      escaped === "" ? name : name.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
      `f ${hash}`,
    );
  }
  return there;
}
