import type { Price } from "@machinist/core";
import type { MachinePrice } from "@machinist/fleet";
import { table } from "../table.ts";

/** Hours of an average month, where the provider names no price of its own for one. */
const HOURS = 730;

type Sum = { readonly [currency: string]: { readonly hourly: number; readonly monthly: number } };

/** What machines cost before and after, those whose price changes one by one, and all together. Pure. */
export function priceLines(prices: readonly MachinePrice[]): string[] {
  if (prices.length === 0) return [];
  const changing = prices.filter(({ before, after }) => wordsOf(before, hourOf) !== wordsOf(after, hourOf));
  const rows = changing.map(({ machine, before, after }) => [
    machine,
    step(wordsOf(before, hourOf), wordsOf(after, hourOf)),
    step(wordsOf(before, monthOf), wordsOf(after, monthOf)),
  ]);
  const [was, is] = [sumOf(prices.map(({ before }) => before)), sumOf(prices.map(({ after }) => after))];
  const totals = [...new Set([...Object.keys(was), ...Object.keys(is)])].map((currency) => {
    const [a, b] = [was[currency], is[currency]];
    const part = (key: "hourly" | "monthly", digits: (amount: number) => string) =>
      step(a && money(digits(a[key]), currency), b && money(digits(b[key]), currency));
    return ["total", part("hourly", small), part("monthly", large)];
  });
  const all = [...rows, ...totals];
  return [...(all.length > 0 ? table(["Price", "an hour", "a month"], all) : []), ...noteOn(prices)];
}

/** Who says so, and of how many nothing is known. */
function noteOn(prices: readonly MachinePrice[]): string[] {
  const known = prices.flatMap(({ before, after }) => [before, after].filter((price) => price != null));
  const sources = [...new Set(known.map(({ source, asOf }) => `${source}, ${asOf.slice(0, 10)}`))];
  const open = prices.filter(({ before, after }) => before === null || after === null);
  const drivers = [...new Set(open.map(({ driver }) => driver))].join(", ");
  const unknown = open.length === 0 ? [] : [`price unknown: ${open.length} of ${drivers}`];
  const parts = [...sources, ...unknown];
  return parts.length === 0 ? [] : [parts.join("; ")];
}

function sumOf(prices: readonly (Price | null | undefined)[]): Sum {
  const sum: { [currency: string]: { hourly: number; monthly: number } } = {};
  for (const price of prices) {
    if (!price) continue;
    const so = sum[price.currency] ?? { hourly: 0, monthly: 0 };
    const monthly = so.monthly + (price.monthly ?? price.hourly * HOURS);
    sum[price.currency] = { hourly: so.hourly + price.hourly, monthly };
  }
  return sum;
}

const hourOf = ({ hourly, currency }: Price): string => money(small(hourly), currency);
const monthOf = ({ hourly, monthly, currency }: Price): string => money(large(monthly ?? hourly * HOURS), currency);

function wordsOf(price: Price | null | undefined, of: (price: Price) => string): string | undefined {
  return price === null ? "unknown" : price && of(price);
}

function step(before: string | undefined, after: string | undefined): string {
  if (before === after) return before ?? "";
  return before === undefined ? `+ ${after}` : after === undefined ? `- ${before}` : `${before} → ${after}`;
}

const money = (amount: string, currency: string): string =>
  currency === "USD" ? `$${amount}` : `${amount} ${currency}`;
const small = (amount: number): string => amount.toFixed(amount < 1 ? 4 : 2);
const large = (amount: number): string => amount.toFixed(2);
