import type { Data, Driver, Price, ScopeRecord } from "@machinist/core";
import type { Prepared } from "../desired-state.ts";
import type { MachinePrice } from "./plan.ts";

/** How long a provider may take to tell its prices, in ms: a plan without them is better than none. */
const PRICE_MS = 10_000;

/** What machines cost now and would cost then, as far as their drivers have prices. */
export async function priceAll(
  machines: readonly Prepared[],
  records: readonly ScopeRecord[],
  driverOf: (name: string) => Promise<Driver | undefined>,
  cancel: AbortSignal,
): Promise<MachinePrice[]> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(PRICE_MS)]);
  const wanted = new Map(machines.map((each) => [each.spec.name, each.intent]));
  const present = new Map(records.flatMap(({ scope, machine }) => (machine ? [[scope, machine] as const] : [])));
  const priced = [...new Set([...wanted.keys(), ...present.keys()])].map(async (machine) => {
    const intents = [present.get(machine), wanted.get(machine)];
    const [before, after] = await Promise.all(
      intents.map(async (intent) => intent && priceOf(await driverOf(intent.driver), intent.options, signal)),
    );
    if (before === undefined && after === undefined) return [];
    const driver = (intents[1] ?? intents[0])?.driver ?? "";
    return [
      { machine, driver, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ];
  });
  return (await Promise.all(priced)).flat();
}

/** Undefined for a driver without prices, `null` where the price is not known. */
async function priceOf(
  driver: Driver | undefined,
  options: Data,
  signal: AbortSignal,
): Promise<Price | null | undefined> {
  if (!driver?.price) return undefined;
  return (await driver.price(options, signal).catch(() => undefined)) ?? null;
}
