/** One side of a copy; without a machine it is here. */
export interface CopyPath {
  readonly machine?: string;
  readonly user?: string;
  readonly path: string;
}

/** What stands before the first colon is a machine, with a user before `@`. `localhost:` names this side too, and so does a drive. */
export function placeOf(written: string, platform: NodeJS.Platform): CopyPath {
  if (platform === "win32" && /^[A-Za-z]:[\\/]/.test(written)) return { path: written };
  const place = split(written);
  return place.machine === "localhost" ? { path: place.path } : place;
}

/** What is to be mounted, and of which machine: one that is not named is the default one. */
export const sourceOf = (written: string): CopyPath & { readonly machine: string } => ({
  machine: "default",
  ...split(written),
});

function split(written: string): CopyPath {
  const at = written.indexOf(":");
  if (at < 0) return { path: written };
  const [named, path] = [written.slice(0, at), written.slice(at + 1)];
  const user = named.indexOf("@");
  return { machine: named.slice(user + 1), path, ...(user < 1 ? {} : { user: named.slice(0, user) }) };
}
