/** One side of a copy; without a machine it is here. */
export interface Place {
  readonly machine?: string;
  readonly user?: string;
  readonly path: string;
}

/** What stands before the first colon is a machine, with a user before `@`. `localhost:` names this side too, and so does a drive. */
export function placeOf(written: string, platform: NodeJS.Platform): Place {
  const at = written.indexOf(":");
  if (at < 0 || (platform === "win32" && /^[A-Za-z]:[\\/]/.test(written))) return { path: written };
  const [named, path] = [written.slice(0, at), written.slice(at + 1)];
  const user = named.indexOf("@");
  const machine = named.slice(user + 1);
  if (machine === "localhost") return { path };
  return { machine, path, ...(user < 0 ? {} : { user: named.slice(0, user) }) };
}
