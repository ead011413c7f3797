declare const MACHINIST_VERSION: string | undefined;

/** The version of this package, put in by the bundler; sources have none. */
export const version: string = typeof MACHINIST_VERSION === "string" ? MACHINIST_VERSION : "0.0.0-source";
