/** An IPv4 range: `base` as a number, and the length of its prefix. */
export interface Range {
  readonly base: number;
  readonly prefix: number;
}

/** `10.1.2.0/24` or a single address; undefined for what is neither (`default`). */
export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix > 32) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(address / size) * size, prefix };
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

export function overlaps(one: Range, other: Range): boolean {
  const end = (range: Range) => range.base + 2 ** (32 - range.prefix);
  return one.base < end(other) && other.base < end(one);
}

/**
 * The /24 networks to choose from, best first. Docker's own networks start at 172.17.0.0 and 10.0.0.0, home routers at
 * 192.168.0.0: a host must not find its own uplink inside of a network that Docker makes on it.
 */
function* candidates(): Generator<Range> {
  const blocks: readonly (readonly [first: number, second: number, from: number])[] = [
    [10, 217, 0],
    [10, 218, 0],
    [172, 31, 0],
    [192, 168, 200],
  ];
  for (const [first, second, from] of blocks)
    for (let third = from; third < 256; third++)
      yield { base: ((first * 256 + second) * 256 + third) * 256, prefix: 24 };
}

/** A free /24 (`10.217.4.0/24`) that meets none of the ranges in use; undefined when all are. */
export function chooseSubnet(inUse: readonly string[]): string | undefined {
  // A default route covers everything and means nothing here.
  const taken = inUse.map(parseRange).filter((range): range is Range => range !== undefined && range.prefix > 0);
  for (const candidate of candidates())
    if (!taken.some((range) => overlaps(range, candidate))) return `${formatAddress(candidate.base)}/24`;
  return undefined;
}

/** The address of the host itself in a /24 of ours. */
export const gatewayOf = (subnet: string): string => nth(subnet, 1);

/** Addresses for machines in a /24 of ours, lowest first. */
export const machineAddresses = (subnet: string): string[] =>
  Array.from({ length: 253 }, (_, index) => nth(subnet, index + 2));

function nth(subnet: string, index: number): string {
  const range = parseRange(subnet);
  if (!range) throw new RangeError(`Not a subnet: ${subnet}`);
  return formatAddress(range.base + index);
}
