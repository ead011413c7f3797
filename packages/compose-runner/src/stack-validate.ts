import { MachinistError } from "@machinist/core";
import { isMap, type Keys, type StackDocument } from "./stack-document.ts";

/** Keys that a service of a compose project may have and `docker stack` refuses, whatever the version of the file. */
const OF_PROJECTS: readonly string[] = [
  ...["annotations", "attach", "blkio_config", "cgroup", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota"],
  ...["cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "develop", "device_cgroup_rules", "dns_opt"],
  ...["extends", "gpus", "group_add", "label_file", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit"],
  ...["models", "oom_kill_disable", "pids_limit", "platform", "post_start", "pre_stop", "profiles", "provider"],
  ...["pull_policy", "runtime", "scale", "storage_opt", "use_api_socket", "uts", "volumes_from"],
];

/** What `docker stack` wants to be of one type where compose takes text and numbers alike. `*`: each entry. */
const TYPES: readonly (readonly [path: string, type: "number" | "boolean" | "string"])[] = [
  ["ports.*.target", "number"],
  ["ports.*.published", "number"],
  ["deploy.replicas", "number"],
  ["configs.*.mode", "number"],
  ["secrets.*.mode", "number"],
  ["configs.*.uid", "string"],
  ["configs.*.gid", "string"],
  ["secrets.*.uid", "string"],
  ["secrets.*.gid", "string"],
  ["deploy.resources.limits.cpus", "string"],
  ["deploy.resources.reservations.cpus", "string"],
  ["env_file.*", "string"],
  ...["init", "privileged", "read_only", "stdin_open", "tty"].map((key) => [key, "boolean"] as const),
];

/**
 * What `docker stack` refuses though compose takes it, as far as it can be seen without docker. Throws `stack.invalid`,
 * with the place.
 */
export function validateStack(documents: readonly StackDocument[]): void {
  for (const document of documents) {
    for (const key of ["include", "models"])
      if (document.content[key] !== undefined) throw refused(document, [key], `docker stack knows no ${key}`);
    const { services } = document.content;
    for (const [name, service] of Object.entries(isMap(services) ? services : {}))
      if (isMap(service)) judgeService(document, name, service);
  }
}

function judgeService(document: StackDocument, name: string, service: { readonly [key: string]: unknown }): void {
  const at = ["services", name];
  for (const key of Object.keys(service))
    if (OF_PROJECTS.includes(key))
      throw refused(document, [...at, key], `docker stack knows no ${key}, which ${name} has`);
  if (isMap(service.depends_on))
    throw refused(
      document,
      [...at, "depends_on"],
      `depends_on of ${name} must be a list of services: in a Swarm nothing waits for another to be healthy`,
    );
  for (const [path, type] of TYPES)
    for (const [keys, value] of valuesAt(service, path.split(".")))
      if (!fits(value, type))
        throw refused(document, [...at, ...keys], words(`${name}: ${keys.join(".")}`, value, type));
}

function* valuesAt(value: unknown, [key, ...rest]: readonly string[], before: Keys = []): Generator<[Keys, unknown]> {
  if (key === undefined) {
    if (value !== undefined && value !== null) yield [before, value];
  } else if (key === "*") {
    for (const [index, each] of Array.isArray(value) ? value.entries() : [])
      yield* valuesAt(each, rest, [...before, index]);
  } else if (isMap(value)) yield* valuesAt(value[key], rest, [...before, key]);
}

/** A text with variables becomes what it is to be when they are put in. */
const fits = (value: unknown, type: "number" | "boolean" | "string"): boolean =>
  typeof value === type || (typeof value === "string" && value.includes("$"));

const words = (what: string, value: unknown, type: string): string =>
  typeof value === "object"
    ? `${what} must be a ${type}`
    : `${what} must be a ${type}; write ${type === "string" ? JSON.stringify(String(value)) : `${value} without quotes`}`;

const refused = (document: StackDocument, keys: Keys, what: string): MachinistError =>
  new MachinistError("stack.invalid", `${document.place(keys)}: ${what}`, {
    hint: `See what docker itself says: docker stack config -c ${document.path}`,
  });
