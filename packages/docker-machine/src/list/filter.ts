import { CliError } from "../cli-error.ts";
import type { Host } from "../host/load.ts";
import { type Matcher, namePattern } from "./name-pattern.ts";

/** What `--filter` asks for: any of a key's values, and every key. */
export interface Filters {
  /** Read when a name is compared with them: where there is no machine, a wrong pattern is never seen. */
  readonly name: readonly (() => Promise<Matcher>)[];
  readonly driver: readonly string[];
  readonly state: readonly string[];
  readonly swarm: readonly string[];
  readonly label: readonly string[];
}

const keys: readonly (keyof Filters)[] = ["swarm", "driver", "state", "name", "label"];

export const noFilters: Filters = { name: [], driver: [], state: [], swarm: [], label: [] };

/** Throws a Complaint in docker-machine's words. */
export function readFilters(texts: readonly string[]): Filters {
  const filters = { name: [], driver: [], state: [], swarm: [], label: [] } as Record<keyof Filters, string[]>;
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 0) throw new CliError("Unsupported filter syntax");
    const key = text.slice(0, at).toLowerCase() as keyof Filters;
    if (!keys.includes(key)) throw new CliError(`Unsupported filter key '${text.slice(0, at).toLowerCase()}'`);
    filters[key].push(text.slice(at + 1));
  }
  const bare = filters.label.find((label) => !label.includes("="));
  if (bare !== undefined) throw new CliError(`Unsupported filter syntax: a label is KEY=VALUE, not ${bare}`);
  return { ...filters, name: filters.name.map(once) };
}

function once(pattern: string): () => Promise<Matcher> {
  let read: Promise<Matcher> | undefined;
  return () => {
    read ??= namePattern(pattern);
    return read;
  };
}

/** Throws a Complaint in Go's words for a pattern that cannot be read, unless one before it fits. */
export async function nameMatches(name: string, { name: patterns }: Filters): Promise<boolean> {
  for (const pattern of patterns) if ((await pattern())(name)) return true;
  return patterns.length === 0;
}

/** Whether a machine is among those asked for, as far as its files tell: all but its name and its state. */
export function matches({ config }: Host, filters: Filters, masters: ReadonlyMap<string, string>): boolean {
  const { SwarmOptions: swarm, EngineOptions: engine } = config.HostOptions;
  const any = (values: readonly string[], fits: (value: string) => boolean) => values.length === 0 || values.some(fits);
  return (
    any(filters.driver, (value) => value.toLowerCase() === config.DriverName.toLowerCase()) &&
    any(filters.swarm, (value) => (masters.get(swarm.Discovery) ?? "").toLowerCase() === value.toLowerCase()) &&
    any(filters.label, (value) => hasLabel(engine.Labels ?? [], value))
  );
}

/** A label's name is taken to the letter, its value is not; of several with one name the last counts. */
function hasLabel(labels: readonly string[], wanted: string): boolean {
  const split = (label: string) => [label.split("=", 1)[0]!, label.slice(label.indexOf("=") + 1)] as const;
  const [name, value] = split(wanted);
  const found = labels.map(split).findLast(([each]) => each === name);
  return found !== undefined && found[1].toLowerCase() === value.toLowerCase();
}

export const stateMatches = (state: string, { state: wanted }: Filters): boolean =>
  wanted.length === 0 || wanted.some((value) => value.toLowerCase() === state.toLowerCase());
