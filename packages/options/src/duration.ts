const units: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** What {@link parseDuration} takes, as a pattern for schemas. */
export const durationPattern = "^([0-9]+(\\.[0-9]+)?(ms|s|min|m|h|d|w))+$";

/** A span as people write it (`30s`, `1h30m`, `2d`), in ms; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const written = text.replace(/\s+/g, "").toLowerCase();
  if (!new RegExp(durationPattern).test(written)) return undefined;
  const parts = [...written.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|min|m|h|d|w)/g)];
  const sum = parts.reduce((ms, [, number, unit]) => ms + Number(number) * (units[unit ?? ""] ?? 0), 0);
  return Number.isSafeInteger(Math.round(sum)) ? Math.round(sum) : undefined;
}
