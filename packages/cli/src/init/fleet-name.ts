/** A folder's name as a fleet's: small letters, digits and dashes. */
export const fleetNameOf = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30) || "fleet";
