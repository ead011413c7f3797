import type { Call } from "../command.ts";
import type { Host } from "../host/load.ts";
import { hostNames } from "../host/load.ts";
import { type Filters, matches, noFilters, stateMatches } from "./filter.ts";
import { type Item, isHost, loadOrRow, look, mastersOf } from "./item.ts";
import { byNaturalName } from "./natural.ts";

/** Every machine looked at, all at once; those that cannot be read come too, whatever was filtered for. */
export async function listed(call: Call, timeoutSeconds: number, filters: Filters = noFilters): Promise<Item[]> {
  const { hosts, rows } = found(call, filters);
  // To the letter: a master that was filtered out is nobody's any more.
  const masters = mastersOf(hosts.wanted);
  const seen = await Promise.all(hosts.wanted.map((host) => look(call, host, masters, timeoutSeconds * 1000)));
  for (const item of seen) warnOf(call, item, filters);
  const fitting = seen.filter(({ State }) => State === "Timeout" || stateMatches(State, filters));
  return [...rows, ...fitting].sort((a, b) => byNaturalName(a.Name, b.Name));
}

/** The names of those that can be read and were asked for; their state is looked at only where it matters. */
export async function listedNames(call: Call, filters: Filters): Promise<string[]> {
  const { hosts } = found(call, filters);
  if (filters.state.length === 0) return hosts.wanted.map(({ name }) => name);
  const seen = await Promise.all(hosts.wanted.map((host) => look(call, host, new Map(), 10_000)));
  for (const item of seen) warnOf(call, item, filters);
  return seen.filter(({ State }) => stateMatches(State, filters)).map(({ Name }) => Name);
}

/** To the letter: a state that cannot be found out is complained of as often as it is compared, on stdout. */
function warnOf({ io }: Call, { State, Error: why, DriverName }: Item, { state }: Filters): void {
  if (State !== "Error" || DriverName !== "not-found") return;
  const matching = state.findIndex((value) => value.toLowerCase() === "error");
  io.out(`${why}\n`.repeat(matching < 0 ? state.length : matching + 1));
}

function found({ storePath }: Call, filters: Filters) {
  const entries = hostNames(storePath).map((name) => loadOrRow(storePath, name));
  const all: Host[] = entries.filter(isHost);
  const masters = mastersOf(all);
  const rows = entries.filter((entry): entry is Item => !isHost(entry));
  return { rows, hosts: { wanted: all.filter((host) => matches(host, filters, masters)) } };
}
