import type { Data } from "@machinist/core";

/**
 * Those of dockerd's flags whose values are objects in daemon.json, as the keys there. Undefined for all others, `wrong` for a
 * value that dockerd would not read either.
 */
export function asObject(flag: string, value: string): Data | undefined | "wrong" {
  return Object.hasOwn(readers, flag) ? (readers[flag]!(value) ?? "wrong") : undefined;
}

const readers: { readonly [flag: string]: (value: string) => Data | undefined } = {
  "add-runtime": (value) => {
    const [name, path] = halves(value);
    return path === undefined ? undefined : { runtimes: { [name]: { path } } };
  },
  "default-address-pool": (value) => {
    const { base, size } = Object.fromEntries(value.split(",").map(halves));
    if (base === undefined || size === undefined || !/^\d+$/.test(size)) return undefined;
    return { "default-address-pools": [{ base, size: Number(size) }] };
  },
  "default-network-opt": (value) => {
    const [network, option = ""] = halves(value);
    const [key, set] = halves(option);
    return set === undefined ? undefined : { "default-network-opts": { [network]: { [key]: set } } };
  },
  "default-ulimit": (value) => {
    const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
    if (name === undefined) return undefined;
    return { "default-ulimits": { [name]: { Name: name, Soft: Number(soft), Hard: Number(hard) } } };
  },
  "http-proxy": (value) => ({ proxies: { "http-proxy": value } }),
  "https-proxy": (value) => ({ proxies: { "https-proxy": value } }),
  "no-proxy": (value) => ({ proxies: { "no-proxy": value } }),
};

function halves(text: string): [string, string?] {
  const at = text.indexOf("=");
  return at < 1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
