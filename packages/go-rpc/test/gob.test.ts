import {
  anything,
  Boxed,
  float,
  GobDecoder,
  GobEncoder,
  type GobRecord,
  type GobType,
  type GobValue,
  int,
  slice,
  string,
  struct,
  uint,
} from "@machinist/go-rpc";
import { describe, expect, test } from "vitest";
import { bytesOf, type Captured, sessions } from "./capture.ts";

/** A value as Go's side of the recording wrote it down; on the wire nil and an empty slice are the same. */
function plain(value: GobValue): unknown {
  if (value instanceof Boxed) return boxed(value);
  if (Array.isArray(value) && value.length === 0) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return value;
}

/** Flags come with their type's name; values of a map of anything with their Go type. */
function boxed({ name, value }: Boxed): unknown {
  const flag = /^\*mcnflag\.(\w+)$/.exec(name)?.[1];
  if (flag === undefined) return { t: name, v: plain(value) };
  const zero = { StringFlag: "", IntFlag: 0, StringSliceFlag: null }[flag];
  const filled = { Name: "", Usage: "", EnvVar: "", ...(zero === undefined ? {} : { Value: zero }) };
  return { type: flag, ...filled, ...(value as GobRecord) };
}

/** What Go decoded, of the same message. */
function said({ decoded, error, direction, method }: Captured, body: GobValue): unknown {
  const [, short] = method.split(".");
  if (error !== undefined || decoded === undefined) return decoded;
  if (direction === "client->server" && short === "SetConfigFromFlags") {
    const { Values } = (body as Boxed).value as { Values: ReadonlyMap<string, GobValue> };
    return Object.fromEntries([...Values].map(([key, each]) => [key, plain(each)]));
  }
  if (short === "GetState") return { int: body, name: (decoded as { name: string }).name };
  return Array.isArray(body) ? body.map(plain) : plain(body);
}

describe("what docker-machine and its drivers said to each other", () => {
  test.each([...sessions])("%s is read as Go reads it", (_name, messages) => {
    const decoder = new GobDecoder();
    for (const message of messages) {
      const [head, body, ...more] = decoder.push(bytesOf(message));
      expect(more).toEqual([]);
      expect({ Seq: 0, ...(head!.value as GobRecord) }).toEqual({
        ServiceMethod: message.method,
        Seq: message.seq,
        ...(message.error === undefined ? {} : { Error: message.error }),
      });
      expect(said(message, body!.value)).toEqual(message.decoded);
    }
    decoder.end();
  });

  test.each([...sessions])("%s is written as Go writes it", (_name, messages) => {
    const decoder = new GobDecoder();
    const parts = messages.map((message) => decoder.push(bytesOf(message)));
    const encoder = new GobEncoder(decoder.ids);
    for (const [index, values] of parts.entries()) {
      const written = values.map(({ type, value }) => encoder.encode(type, value));
      expect(Buffer.concat(written).toString("hex")).toBe(messages[index]!.hex);
    }
  });

  test("since Go 1.21 types are counted from 64, a number earlier than before", () => {
    const hex =
      "2e7f030101075265717565737401ff80000102010d536572766963654d6574686f64010c0001035365710106000000" +
      "1fff80011a5250435365727665724472697665722e47657456657273696f6e000aff81030102ff8200000003ff8200";
    const decoder = new GobDecoder();
    const [head, body] = decoder.push(Buffer.from(hex, "hex"));
    expect([head!.value, body!.value]).toEqual([{ ServiceMethod: "RPCServerDriver.GetVersion" }, {}]);
    const encoder = new GobEncoder(decoder.ids);
    const written = [head!, body!].map(({ type, value }) => encoder.encode(type, value));
    expect(Buffer.concat(written).toString("hex")).toBe(hex);
  });

  test("byte by byte it is the same", () => {
    for (const messages of sessions.values()) {
      const whole = Buffer.concat(messages.map(bytesOf));
      const [atOnce, slowly] = [new GobDecoder(), new GobDecoder()];
      expect([...whole].flatMap((byte) => slowly.push(Uint8Array.of(byte)))).toEqual(atOnce.push(whole));
    }
  });
});

describe("numbers", () => {
  const wide = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 52];
  const roundTrip = (type: GobType, value: GobValue) =>
    new GobDecoder().push(new GobEncoder().encode(type, value))[0]?.value;

  test.each(wide)("%d", (value) => {
    expect(roundTrip(uint, value)).toBe(value);
    expect(roundTrip(int, value)).toBe(value);
    expect(roundTrip(int, -value - 1)).toBe(-value - 1);
    expect(roundTrip(float, value / 3)).toBe(value / 3);
  });

  test("what is no exact number comes as a bigint", () => {
    for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) expect(roundTrip(int, value)).toBe(value);
    expect(roundTrip(uint, 2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
  });
});

describe("interfaces within interfaces", () => {
  const leaf = struct("Leaf", { Word: string });
  const branch = struct("Branch", { Inner: anything, Name: string });
  const tree = new Boxed("main.Branch", branch, { Inner: new Boxed("main.Leaf", leaf, { Word: "green" }), Name: "b" });

  test("describe their types in the middle of a value, as Go does", () => {
    // From a Go program: enc.Encode([]interface{}{Branch{Leaf{"green"}, "b"}}), with the same names.
    const sent = new GobEncoder().encode(slice(anything), [tree, tree]);
    const [received] = new GobDecoder().push(sent);
    expect(received!.value).toEqual([tree, tree]);
  });
});
