/** Names as docker-machine sorts them: lower-cased, runs of digits by their number. */
export function byNaturalName(a: string, b: string): number {
  const left = chunks(a.toLowerCase());
  const right = chunks(b.toLowerCase());
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one, other] = [left[at]!, right[at]!];
    if (one === other) continue;
    if (/^\d/.test(one) && /^\d/.test(other)) {
      const difference = BigInt(one) - BigInt(other);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
      return one.length - other.length;
    }
    return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

const chunks = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
