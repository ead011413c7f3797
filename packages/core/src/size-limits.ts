/** How large data from elsewhere may be. */
export interface SizeLimits {
  /** Lists and maps in one another. Default 64: what recurses over it ends. */
  readonly depth?: number;
  /** Values in all, those in lists and maps counted too. Default 200 000. */
  readonly values?: number;
}

/** Whether parsed JSON from elsewhere is no deeper and no larger than what it is needed for. */
export function isWithinLimits(value: unknown, { depth = 64, values = 200_000 }: SizeLimits = {}): boolean {
  let level: unknown[] = [value];
  let count = 0;
  for (let deep = 0; level.length > 0; deep++) {
    count += level.length;
    const inside = level.filter((each): each is object => typeof each === "object" && each !== null);
    if (count > values || (deep >= depth && inside.length > 0)) return false;
    level = [];
    for (const each of inside) {
      const within = Object.values(each);
      if (count + level.length + within.length > values) return false;
      for (const one of within) level.push(one);
    }
  }
  return true;
}
