import { nearest } from "@machinist/options";

/**
 * The drivers that machinist itself publishes, and their packages. They are looked for when somebody asks which there are,
 * and no other package is ever suggested: nobody knows who may publish one under a name that was only mistyped.
 */
export const knownDrivers: Readonly<Record<string, string>> = {
  nspawn: "@machinist/driver-nspawn",
  generic: "@machinist/driver-generic",
  none: "@machinist/driver-generic",
  virtualbox: "@machinist/driver-virtualbox",
  amazonec2: "@machinist/driver-amazonec2",
  digitalocean: "@machinist/driver-digitalocean",
  qemu: "@machinist/driver-qemu",
};

export const isKnownDriver = (name: string): boolean => Object.hasOwn(knownDrivers, name);

/** For a driver of {@link knownDrivers}. */
export const howToInstall = (name: string): string => `Install its package: npm install -g ${knownDrivers[name]}`;

/** Where to look for a driver of which nothing is known. */
export const elsewhere =
  "machinist driver ls shows which there are; one that somebody else publishes is added with: machinist driver add PACKAGE";

/**
 * What to type where a driver is not here: its package, the name that was meant, or where to look.
 * @param given drivers that are here, whosever they are
 * @param isHere whether a driver of {@link knownDrivers} is
 */
export async function howToGet(
  name: string,
  given: Iterable<string>,
  isHere: (name: string) => Promise<boolean>,
): Promise<string> {
  if (isKnownDriver(name)) return howToInstall(name);
  const here = new Set(given);
  const meant = nearest(
    name,
    [...here, ...Object.keys(knownDrivers)].filter((each) => each !== name),
  );
  if (meant === undefined) return elsewhere;
  const guess = `Did you mean ${JSON.stringify(meant)}?`;
  return here.has(meant) || (await isHere(meant)) ? guess : `${guess} ${howToInstall(meant)}`;
}
