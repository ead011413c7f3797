/** A number as Go's constants are: whole ones are int, those with a point or an exponent float64. Throws Go's words. */
export function numberOf(text: string): number | bigint {
  const illegal = () => new Error(`illegal number syntax: ${JSON.stringify(text)}`);
  if (/__|_$|^[+-]?_/.test(text)) throw illegal();
  const plain = text.replaceAll("_", "");
  const sign = plain.startsWith("-") ? -1n : 1n;
  const digits = plain.replace(/^[+-]/, "");
  if (/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/.test(digits)) {
    const value = sign * BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return value;
  }
  if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits)) throw illegal();
  const value = Number(plain);
  if (!Number.isFinite(value)) throw illegal();
  // Looks whole and is none that fits.
  if (!/[.eE]/.test(digits)) throw new Error(`integer overflow: ${JSON.stringify(text)}`);
  return value;
}
