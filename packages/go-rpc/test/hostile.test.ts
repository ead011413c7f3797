import { anything, Boxed, GobDecoder, GobEncoder, int, slice, string, struct } from "@machinist/go-rpc";
import { seeded } from "@machinist/testkit";
import { expect, test } from "vitest";
import { bytesOf, sessions } from "./capture.ts";

const lists = [...sessions.values()].map((messages) => Buffer.concat(messages.map(bytesOf)));
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "read";
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
};
const read = (...bytes: number[]) => codeOf(() => new GobDecoder().push(Uint8Array.from(bytes)));

test.each([
  ["a length of nine bytes", [0xf7, 1, 1, 1, 1, 1, 1, 1, 1, 1], "gob.malformed"],
  ["a message of a gigabyte", [0xfc, 0x40, 0, 0, 0], "gob.too-large"],
  ["a type that was never described", [3, 0xff, 0x82, 1], "gob.malformed"],
  ["a string longer than its message", [4, 12, 0, 100, 65], "gob.malformed"],
  ["a number that ends early", [3, 4, 0, 0xf8], "gob.malformed"],
  ["a value of no type", [2, 0, 0], "gob.malformed"],
  ["more after a value", [5, 4, 0, 2, 2, 2], "gob.malformed"],
])("%s is refused", (_what, bytes, code) => {
  expect(read(...bytes)).toBe(code);
});

test("an empty message is skipped", () => {
  expect(new GobDecoder().push(Uint8Array.of(0, 0, 3, 4, 0, 2))).toMatchObject([{ value: 1 }]);
});

test("a list of a billion that are not there costs nothing", () => {
  const type = slice(struct("", {}));
  const encoder = new GobEncoder();
  const described = encoder.encode(type, []);
  const empty = encoder.encode(type, []);
  // The same value, but for its length and that of its message.
  const claim = Buffer.from([empty.length + 3, ...empty.subarray(1, -1), 0xfc, 0x40, 0, 0, 0]);
  const before = process.memoryUsage().heapUsed;
  expect(codeOf(() => new GobDecoder().push(Buffer.concat([described, claim])))).toMatch(/^gob\./);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
});

test("a value may be deep, but not without end", () => {
  const box = struct("Box", { In: anything });
  const nest = (depth: number) => {
    let inner = new Boxed("box", box, {});
    for (let left = depth; left > 0; left--) inner = new Boxed("box", box, { In: inner });
    return new GobEncoder().encode(slice(anything), [inner]);
  };
  expect(codeOf(() => new GobDecoder().push(nest(30)))).toBe("read");
  expect(codeOf(() => new GobDecoder().push(nest(300)))).toBe("gob.too-large");
});

test("no more values are kept than fit, however short they are", () => {
  const many = new GobEncoder().encode(slice(int), Array(3000).fill(0));
  expect(codeOf(() => new GobDecoder({ mostItems: 2000 }).push(many))).toBe("gob.too-large");
  const long = new GobEncoder().encode(string, "x".repeat(3000));
  expect(codeOf(() => new GobDecoder({ mostBytes: 2000 }).push(long))).toBe("gob.too-large");
});

test("a field's name cannot reach into the program", () => {
  const type = struct("Evil", { __proto__x: string, constructor: string });
  const [received] = new GobDecoder().push(new GobEncoder().encode(type, { constructor: "c" }));
  expect(Object.getPrototypeOf(received!.value)).toBeNull();
});

/** How many; a campaign of a million takes about two minutes: `MACHINIST_FUZZ=1000000`. */
const runs = Number(process.env.MACHINIST_FUZZ) || 20_000;

test("whatever comes, it is read or refused", { timeout: 300_000 + runs }, () => {
  const seed = Number(process.env.MACHINIST_FUZZ_SEED) || Date.now() % 2 ** 31;
  const random = seeded(seed);
  const count = { read: 0, "gob.malformed": 0, "gob.too-large": 0 };
  let slowest = 0;
  for (let run = 0; run < runs; run++) {
    const bytes = random.chance(0.3) ? noise(random) : mutated(random);
    const began = process.cpuUsage();
    const code = codeOf(() => {
      const decoder = new GobDecoder();
      for (let at = 0; at < bytes.length; ) at += decodeSome(decoder, bytes, at, random.below(200) + 1);
    });
    const { user, system } = process.cpuUsage(began);
    slowest = Math.max(slowest, (user + system) / 1000);
    expect(Object.keys(count), `seed ${seed}, run ${run}: ${bytes.toString("hex")}`).toContain(code);
    count[code as keyof typeof count]++;
  }
  console.log(
    `gob: ${runs} byte strings, seed ${seed}: ${JSON.stringify(count)}, the slowest ${Math.round(slowest)} ms of processor time`,
  );
  expect(slowest).toBeLessThan(2000);
});

function decodeSome(decoder: GobDecoder, bytes: Buffer, at: number, length: number): number {
  decoder.push(bytes.subarray(at, at + length));
  return length;
}

type Random = ReturnType<typeof seeded>;

const noise = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));

/** A real conversation in which some bytes are others, are missing, or stand twice. */
function mutated(random: Random): Buffer {
  let bytes = Buffer.from(lists[random.below(lists.length)]!);
  bytes = bytes.subarray(0, 1 + random.below(Math.min(bytes.length, 3000)));
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length);
    const kind = random.below(3);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random.below(50)))]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}
