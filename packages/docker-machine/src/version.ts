declare const MACHINIST_VERSION: string | undefined;

/** Of this package; the build puts it in. */
export const own = typeof MACHINIST_VERSION === "string" ? MACHINIST_VERSION : "0.0.0";

/** The version whose behaviour this is, which scripts compare, and whose work it is. */
export const versionLine = `0.16.2, build machinist-${own}`;
