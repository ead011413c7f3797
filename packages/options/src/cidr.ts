import { isIP } from "node:net";
import { MachinistError } from "@machinist/core";

/** Stands for the address that this computer is seen with from outside. */
export const ownAddressWord = "auto";

/**
 * A CIDR block in the one way in which all that mean the same are written: no bits of a host, IPv6 in lower case and short.
 * A bare address is the block of it alone. Undefined for what is no block.
 */
export function canonicalCidr(text: string): string | undefined {
  const [, address = "", length] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text.trim()) ?? [];
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  if (bits === undefined) return undefined;
  const prefix = Number(length ?? bits);
  if (prefix > bits) return undefined;
  const host = BigInt(bits - prefix);
  const network = (bitsOf(address) >> host) << host;
  return `${bits === 32 ? dotted(network) : short(groupsOf(network, 8, 16n))}/${prefix}`;
}

/**
 * Who may come in, as an option says it: each block canonical and once, in one order, so that lists which mean the same are
 * the same. `auto` stays. Throws `options.invalid`.
 */
export function ingressOf(option: string, words: readonly string[]): string[] {
  const blocks = words.map((word) => {
    const block = word === ownAddressWord ? word : canonicalCidr(word);
    if (block !== undefined) return block;
    throw new MachinistError("options.invalid", `Option ${option}: ${JSON.stringify(word)} is no CIDR block`, {
      hint: "Write a network and how many of its bits count: 203.0.113.0/24, or one address: 203.0.113.7/32",
    });
  });
  return [...new Set(blocks)].sort();
}

const groupsOf = (value: bigint, count: number, width: bigint): number[] =>
  Array.from({ length: count }, (_, index) =>
    Number(BigInt.asUintN(Number(width), value >> (width * BigInt(count - 1 - index)))),
  );

const dotted = (value: bigint): string => groupsOf(value, 4, 8n).join(".");

/** As RFC 5952 has it: what a URL does with an IPv6 address. */
const short = (groups: readonly number[]): string =>
  new URL(`http://[${groups.map((each) => each.toString(16)).join(":")}]`).hostname.slice(1, -1);

function bitsOf(address: string): bigint {
  if (isIP(address) === 4) return address.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
  // A URL writes an IPv4 tail as two groups like the others.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== "")) as [
    string[],
    string[],
  ];
  const zeros = Array<string>(8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
