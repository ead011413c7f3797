import { usage } from "../usage.ts";

/** A whole number that was given by flag. Throws `usage.value`. */
export function wholeNumber(flag: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (/^\d{1,4}$/.test(given) && value >= least) return value;
  throw usage("value", `${flag} must be a whole number of at least ${least}, not ${JSON.stringify(given)}`);
}

/** A folder's name as a fleet's: small letters, digits and dashes. */
export const fleetNameOf = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30) || "fleet";
