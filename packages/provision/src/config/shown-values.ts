import { type Data, type Json, masked } from "@machinist/core";
import { dockerOptions } from "@machinist/options";

/** Keys of daemon.json whose texts are no secrets. */
const PUBLIC: ReadonlySet<string> = new Set(
  dockerOptions.flatMap(({ daemonKey, public: shown }) => (daemonKey && shown ? [daemonKey] : [])),
);

/** The values of daemon.json that may be kept and shown: switches, numbers, and texts that are known to be harmless. */
export const shownValues = (daemon: Data): { [key: string]: Json } =>
  Object.fromEntries(
    Object.entries(daemon)
      .filter(([key, value]) => typeof value === "boolean" || typeof value === "number" || PUBLIC.has(key))
      .map(([key, value]) => [key, masked(value, key)]),
  );
