import { type Data, type Json, masked } from "@machinist/core";

/** Keys of daemon.json whose texts are no secrets. */
const TELLING: ReadonlySet<string> = new Set([
  "bip",
  "data-root",
  "default-address-pools",
  "dns",
  "dns-opts",
  "dns-search",
  "exec-opts",
  "insecure-registries",
  "log-driver",
  "registry-mirrors",
  "storage-driver",
  "storage-opts",
]);

/** The values of daemon.json that may be kept and shown: switches, numbers, and texts that are known to be harmless. */
export const shownValues = (daemon: Data): { [key: string]: Json } =>
  Object.fromEntries(
    Object.entries(daemon)
      .filter(([key, value]) => typeof value === "boolean" || typeof value === "number" || TELLING.has(key))
      .map(([key, value]) => [key, masked(value, key)]),
  );
