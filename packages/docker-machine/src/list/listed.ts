import type { Call } from "../command.ts";
import { hostNames } from "../host/load.ts";
import { type Filters, noFilters, stateMatches } from "./filter.ts";
import { type Item, isHost, loadOrRow, mastersOf, readItem } from "./item.ts";
import { byNaturalName } from "./natural.ts";
import { wanted } from "./wanted.ts";

/** Every machine looked at, all at once; those that cannot be read come too, whatever was filtered for. */
export async function listed(call: Call, timeoutSeconds: number, filters: Filters = noFilters): Promise<Item[]> {
  const entries = entriesOf(call);
  const found = await wanted(call, entries.filter(isHost), filters);
  // To the letter: a master that was filtered out is nobody's any more.
  const masters = mastersOf(found.map(({ host }) => host));
  const seen = await Promise.all(found.map((each) => readItem(call, each, masters, timeoutSeconds * 1000)));
  const rows = entries.filter((entry): entry is Item => !isHost(entry));
  return [...rows, ...seen].sort((a, b) => byNaturalName(a.Name, b.Name));
}

/** The names of those that can be read and were asked for; their state is looked at only where it matters. */
export async function listedNames(call: Call, filters: Filters): Promise<string[]> {
  const found = await wanted(call, entriesOf(call).filter(isHost), filters);
  // One that did not say in time what it does is in the table, as such, and not among the names.
  const certain = found.filter(
    ({ looked }) => looked === undefined || (!looked.unloadable && stateMatches(looked.state, filters)),
  );
  return certain.map(({ host }) => host.name);
}

const entriesOf = ({ storePath }: Call) => hostNames(storePath).map((name) => loadOrRow(storePath, name));
