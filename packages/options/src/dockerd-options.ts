import type { Data, Json } from "@machinist/core";

/** dockerd's repeatable flags, and the plural that daemon.json has for each. */
const lists: { readonly [flag: string]: string } = {
  dns: "dns",
  "dns-opt": "dns-opts",
  "dns-search": "dns-search",
  "exec-opt": "exec-opts",
  "storage-opt": "storage-opts",
  "insecure-registry": "insecure-registries",
  "registry-mirror": "registry-mirrors",
  label: "labels",
  "authorization-plugin": "authorization-plugins",
};

/**
 * `log-driver=journald` and the like as keys of daemon.json, with the types that dockerd insists on. Throws `refusal` of
 * what is no such option.
 */
export function daemonOptions(texts: readonly string[], refusal: (text: string) => Error): Data {
  const options: Data = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = (at < 0 ? text : text.slice(0, at)).replace(/^--/, "");
    const value = at < 0 ? "true" : text.slice(at + 1);
    if (!/^[a-z][a-z0-9-]*$/.test(name)) throw refusal(text);
    const plural = Object.hasOwn(lists, name) ? lists[name]! : undefined;
    if (plural !== undefined) options[plural] = [...((options[plural] as Json[] | undefined) ?? []), value];
    else if (name === "log-opt")
      options["log-opts"] = { ...(options["log-opts"] as Data | undefined), ...pair(value, refusal) };
    else options[name === "graph" ? "data-root" : name] = typed(value);
  }
  return options;
}

function pair(text: string, refusal: (text: string) => Error): Data {
  const at = text.indexOf("=");
  if (at < 1) throw refusal(`log-opt=${text}`);
  return { [text.slice(0, at)]: text.slice(at + 1) };
}

function typed(value: string): Json {
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
