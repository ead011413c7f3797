/** A file as it was carried: the SHA-256 of its content, and its permissions. */
export interface FileFingerprint {
  readonly sha256: string;
  readonly mode: number;
}

/** What is to be done with the files of a bundle, judged by what a host has. Names are relative to the bundle's root. */
export interface Transfer {
  /** Those that are not there as they should be. */
  readonly send: ReadonlyMap<string, string>;
  /** Those that somebody on the host, most likely a container, has written to since they were carried: they stay. */
  readonly kept: readonly string[];
  /** To be noted once all is done: what of this bundle is there by our doing. */
  readonly note: string;
}

/** Files by their names, and what their content and permissions are. */
interface Wanted {
  readonly files: ReadonlyMap<string, string>;
  readonly fingerprints: ReadonlyMap<string, FileFingerprint>;
}

/** By what a host tells of its files, see `LOOK_CARRIED`. */
export function transferOf(wanted: Wanted, told: string): Transfer {
  const [noted = "", seen = ""] = told.split(SEPARATOR);
  return decide(wanted, fingerprintsIn(noted), hashesIn(seen));
}

/** Between what was noted and what is there. */
const SEPARATOR = "\n//\n";

/** `carried`: undefined where nothing was noted yet. */
export function decide(
  { files, fingerprints }: Wanted,
  carried: ReadonlyMap<string, FileFingerprint> | undefined,
  there: ReadonlyMap<string, string>,
): Transfer {
  const send = new Map<string, string>();
  const kept: string[] = [];
  const note: string[] = [];
  for (const [name, path] of files) {
    const wanted = fingerprints.get(name)!;
    const before = carried?.get(name);
    const now = there.get(name);
    const touched = carried !== undefined && now !== undefined && now !== wanted.sha256 && now !== before?.sha256;
    if (touched) kept.push(name);
    else if (now !== wanted.sha256 || before?.mode !== wanted.mode) send.set(name, path);
    const noted = touched ? before : wanted;
    if (noted !== undefined) note.push(`${noted.sha256} ${noted.mode.toString(8)} ${name}\n`);
  }
  return { send, kept, note: note.join("") };
}

function fingerprintsIn(text: string): Map<string, FileFingerprint> | undefined {
  if (text === "") return undefined;
  const lines = text.split("\n").map((line) => /^([0-9a-f]{64}) ([0-7]+) (.+)$/.exec(line));
  return new Map(
    lines.flatMap((match) => (match ? [[match[3]!, { sha256: match[1]!, mode: Number.parseInt(match[2]!, 8) }]] : [])),
  );
}

/** The output of sha256sum, which begins a line with a backslash where it had to escape the name. */
function hashesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, escaped, sha256, name] = /^(\\?)([0-9a-f]{64})[ *]{2}(.+)$/.exec(line) ?? [];
    if (sha256 !== undefined && name !== undefined)
      found.set(escaped === "" ? name : name.replaceAll("\\\\", "\\"), sha256);
  }
  return found;
}
