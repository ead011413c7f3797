import type { MachineView } from "@machinist/fleet";
import { usage } from "./usage.ts";

const keys = ["name", "driver", "state", "swarm", "fleet", "label"] as const;
type Key = (typeof keys)[number];

export interface Filter {
  readonly key: Key;
  readonly value: string;
}

const isKey = (text: string): text is Key => (keys as readonly string[]).includes(text);

/** `KEY=VALUE` filters, else `usage.filter`. */
export function readFilters(texts: readonly string[]): Filter[] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    const key = text.slice(0, Math.max(0, at));
    const value = text.slice(at + 1);
    if (at < 1 || value === "")
      throw usage("filter", `${JSON.stringify(text)} is no filter`, "For example: --filter driver=none");
    if (!isKey(key))
      throw usage("filter", `There is no filter ${JSON.stringify(key)}`, `There are ${keys.join(", ")}.`);
    if (key === "name") pattern(value);
    return { key, value };
  });
}

/** As docker-machine has it: any of a key's values, all of the keys. */
export function matches(view: MachineView, filters: readonly Filter[]): boolean {
  return keys.every((key) => {
    const wanted = filters.filter((filter) => filter.key === key);
    return wanted.length === 0 || wanted.some(({ value }) => matchesOne(view, key, value));
  });
}

function matchesOne({ name, info, state }: MachineView, key: Key, value: string): boolean {
  switch (key) {
    case "name":
      return pattern(value).test(name);
    case "driver":
      return info?.driver === value;
    case "state":
      return state.toLowerCase() === value.toLowerCase();
    case "swarm":
      return info?.swarm === value;
    case "fleet":
      return info?.fleet === value;
    case "label":
      return hasLabel(info?.engine, value);
  }
}

function hasLabel(engine: unknown, wanted: string): boolean {
  const labels = (engine as { labels?: { [name: string]: unknown } } | false | undefined) || undefined;
  return Object.entries(labels?.labels ?? {}).some(([name, value]) => `${name}=${String(value)}` === wanted);
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw usage("filter", `${JSON.stringify(text)} is no regular expression`);
  }
}
