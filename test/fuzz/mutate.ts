import type { Random } from "../../packages/testkit/src/simulation/random.ts";

/** What stands in the place of a value: other types, edges of numbers, text that means something somewhere. */
const odd: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, -0, 65_536, 2 ** 31, 2 ** 53, 1e308, -1e308, 22, 2376],
  ...[
    "",
    " ",
    "a",
    "0",
    "-",
    "..",
    "../../etc/passwd",
    "/",
    "\0",
    "\n",
    "\r\n",
    "\x1b[2J\x1b]0;t\x07",
    "\x9b2J",
    "\u202e",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "$(id)",
    "`id`",
    "-oProxyCommand=id",
    "a\n  ProxyCommand id",
    "\ud800",
    "é漢😀",
  ],
  ...[
    "{{.}}",
    "${HOME}",
    "tcp://",
    "tcp://[::1]:99999",
    "9".repeat(400),
    "x".repeat(5000),
    "%",
    "2026-13-45T99:99:99Z",
  ],
  ...[[], {}, [[]], [null], [{}], [1, "a", null], { "": "" }, { toString: 1, valueOf: 1 }, { length: 1e9 }],
  ...[{ constructor: { prototype: 1 } }, { hasOwnProperty: 1 }, { id: "a", state: 1 }],
];

/** Nested so deep that what recurses without looking fails. */
const deep = (random: Random): unknown => {
  let value: unknown = 1;
  for (let left = random.pick([10, 70, 70, 900]); left > 0; left--) value = left % 2 ? [value] : { a: value };
  return value;
};

const any = (random: Random): unknown =>
  random.chance(0.01) ? deep(random) : structuredClone(odd[random.below(odd.length)]);

/** A copy of JSON data in which some values are others, missing, doubled, moved, or of names that mean something. */
export function mutated<T>(value: T, random: Random): unknown {
  let copy: unknown = structuredClone(value);
  for (let left = 1 + random.below(3); left > 0; left--) copy = once(copy, random);
  return copy;
}

function once(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.03)) return any(random);
  const keys = Object.keys(value);
  // Down into it, so that every depth is met.
  const key = keys[random.below(Math.max(1, keys.length))];
  const map = value as Record<string, unknown>;
  if (key !== undefined && random.chance(0.7)) return set(map, key, once(map[key], random));
  switch (random.below(7)) {
    case 0:
      if (key !== undefined) Array.isArray(value) ? value.splice(Number(key), 1) : delete map[key];
      return value;
    case 1:
      return set(
        map,
        random.pick(["__proto__", "constructor", "toString", "then", "", "a\nb", "\x1b[2J"]),
        any(random),
      );
    case 2:
      return Array.isArray(value)
        ? Array(random.below(40))
            .fill(value[0] ?? any(random))
            .map((each) => structuredClone(each))
        : [value];
    case 3:
      return key === undefined ? value : set(map, random.pick(keys), structuredClone(map[key]));
    case 4:
      return key === undefined
        ? value
        : set(map, `${key}${random.pick(["x", " ", "\0", "."])}`, structuredClone(map[key]));
    case 5:
      return key === undefined || typeof map[key] !== "string"
        ? any(random)
        : set(map, key, mutatedText(map[key] as string, random));
    default:
      return key === undefined ? any(random) : set(map, key, any(random));
  }
}

/** Also for `__proto__`, as JSON.parse does it. */
function set(map: Record<string, unknown>, key: string, value: unknown): unknown {
  if (Array.isArray(map) && !/^\d+$/.test(key)) return map;
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  return map;
}

const scraps = [
  ...[
    "\0",
    "\n",
    "\r",
    "\t",
    " ",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "\\",
    "#",
    "- ",
    "&a ",
    "*a",
    "!!x ",
    "<<: *a\n",
  ],
  ...[
    "${",
    "$$",
    "@",
    "*",
    "?",
    "!",
    "|1|",
    "=",
    "\x1b[2J",
    "\u2028",
    "\ud800",
    "é",
    "1e999",
    "-1",
    "null",
    "__proto__",
    "---\n",
  ],
];

/** Text with bits cut out, doubled and put in, or that ends early. */
export function mutatedText(text: string, random: Random): string {
  let now = text;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(now.length + 1);
    const kind = random.below(5);
    if (kind === 0) now = now.slice(0, at) + now.slice(at + 1 + random.below(12));
    else if (kind === 1) now = now.slice(0, at) + random.pick(scraps) + now.slice(at);
    else if (kind === 2) now = now.slice(0, at) + now.slice(Math.max(0, at - random.below(60)), at) + now.slice(at);
    else if (kind === 3 && random.chance(0.3)) now = now.slice(0, at);
    else now = now.slice(0, at) + random.pick(scraps) + now.slice(at + random.below(6));
    if (now.length > 60_000) now = now.slice(0, 60_000);
  }
  return now;
}

/** Data as the text that a door reads: mostly sound JSON of odd data, now and then broken JSON of sound data. */
export const mutatedJson = (value: unknown, random: Random): string =>
  random.chance(0.8) ? (JSON.stringify(mutated(value, random)) ?? "") : mutatedText(JSON.stringify(value), random);

/** Bytes of which some are others, are missing, or stand twice. */
export function mutatedBytes(from: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(from);
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    const at = random.below(bytes.length);
    const kind = random.below(3);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random.below(50)))]);
  }
  return bytes;
}
