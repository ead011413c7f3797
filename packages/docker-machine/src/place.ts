/** One side of a copy; without a machine it is here. */
export interface Place {
  readonly machine?: string;
  readonly user?: string;
  readonly path: string;
}

/** `localhost:` names this side too; a drive's letter is no machine. */
export function placeOf(written: string): Place {
  const read = /^(?:([^@:/\\]+)@)?([^:/\\]+):([\s\S]*)$/.exec(written);
  if (!read || (read[2]!.length === 1 && /^[\\/]/.test(read[3]!))) return { path: written };
  const [, user, machine = "", path = ""] = read;
  if (machine === "localhost") return { path };
  return { machine, path, ...(user === undefined ? {} : { user }) };
}
