import type { Call } from "../command.ts";
import { driverKnown } from "../host/driver-known.ts";
import type { Host } from "../host/load.ts";
import { type Filters, matches, nameMatches, stateMatches } from "./filter.ts";
import { type Looked, mastersOf, stateOf, withinTime } from "./item.ts";

/** A machine that was asked for, with its state where that was asked for too. */
export interface Wanted {
  readonly host: Host;
  readonly looked?: Looked;
}

/** How long a state that is filtered for may take to be found out, in ms. `--timeout` is for what the table shows. */
const LOOK_MS = 10_000;

/**
 * Those that filters ask for. To the letter, all filters are held against every machine, and a state that cannot be found out
 * is complained of, on stdout, as often as it is compared; what only its provider could tell of a machine that no other filter
 * asks for is left unasked.
 */
export async function wanted(call: Call, hosts: readonly Host[], filters: Filters): Promise<Wanted[]> {
  const masters = mastersOf(hosts);
  const { named, problem } = await namedIn(call, hosts, filters);
  const candidates = named.map(({ host, fits }) => ({ host, fits: fits && matches(host, filters, masters) }));
  const looked = filters.state.length === 0 ? undefined : await statesOf(call, candidates);
  const found: Wanted[] = [];
  for (const [index, { host, fits }] of candidates.entries()) {
    const state = looked?.[index];
    if (state !== undefined) warnOf(call, state, filters);
    const unknown = state?.state === "Timeout" || state?.unloadable;
    if (fits && (state === undefined || unknown || stateMatches(state.state, filters)))
      found.push(state === undefined ? { host } : { host, looked: state });
  }
  if (problem !== undefined) throw problem;
  return found;
}

/** Whether each is called as asked for, up to the first of which a wrong pattern forbids to say. */
async function namedIn(call: Call, hosts: readonly Host[], filters: Filters) {
  const named: { readonly host: Host; readonly fits: boolean }[] = [];
  for (const host of hosts) {
    try {
      named.push({ host, fits: filters.name.length === 0 || (await nameMatches(await nameOf(call, host), filters)) });
    } catch (problem) {
      return { named: [...named, { host, fits: false }], problem };
    }
  }
  return { named, problem: undefined };
}

/** A machine is called what its driver calls it. To the letter: in the place of one that is not here stands its name. */
async function nameOf(call: Call, { name, config }: Host): Promise<string> {
  if (!(await driverKnown(call, config.DriverName))) return config.DriverName;
  const { MachineName } = config.Driver;
  return typeof MachineName === "string" && MachineName !== "" ? MachineName : name;
}

/** Of those that are asked for, and of all whose driver is not here: these need nobody asked. */
const statesOf = (call: Call, candidates: readonly { readonly host: Host; readonly fits: boolean }[]) =>
  Promise.all(
    candidates.map(async ({ host, fits }): Promise<Looked | undefined> => {
      if (!fits && (await driverKnown(call, host.config.DriverName))) return undefined;
      const late = { state: "Timeout", error: "", driver: host.config.DriverName };
      return withinTime(
        LOOK_MS,
        (signal) => stateOf(call, host, signal),
        () => late,
      );
    }),
  );

function warnOf({ io }: Call, { state, error, unloadable }: Looked, { state: asked }: Filters): void {
  if (state !== "Error" || error === "" || unloadable) return;
  const matching = asked.findIndex((value) => value.toLowerCase() === "error");
  io.out(`${error}\n`.repeat(matching < 0 ? asked.length : matching + 1));
}
