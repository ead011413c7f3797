import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { type DriverWorld, driverWorld, failing } from "./driver-world.ts";

const machine = { name: "web-1", fleet: "demo", publicKey: "" };
const check = (world: DriverWorld, more: Data = {}, driver = world.driver) =>
  failing(Promise.resolve(driver.check!(machine, world.options(more), new AbortController().signal)));

/** Options that cannot be, with the code they are refused with and a word of the hint. */
const wrong: readonly (readonly [what: string, options: Data, code: string, hint: RegExp])[] = [
  ["an unknown region", { region: "atlantis1" }, "digitalocean.region", /nyc3, ams3, fra1/],
  ["a region that is full", { region: "sfo1" }, "digitalocean.region", /nyc3/],
  ["an unknown size", { size: "s-99vcpu" }, "digitalocean.size", /s-1vcpu-1gb/],
  ["a size that is sold out", { size: "s-4vcpu-8gb" }, "digitalocean.size", /s-2vcpu-2gb/],
  ["a size of another region", { size: "g-2vcpu-8gb" }, "digitalocean.size", /s-1vcpu-1gb/],
  ["docker-machine's dead image", { image: "ubuntu-16-04-x64" }, "digitalocean.image", /list-distribution/],
  ["an image of another region", { image: "177000001", region: "ams3" }, "digitalocean.image", /list/],
  ["an image that needs a larger disk", { image: "177000001" }, "digitalocean.size", /larger/],
  [
    "a key that is not in the account",
    { "ssh-key-fingerprint": `${"00:".repeat(15)}00` },
    "digitalocean.ssh-key",
    /ssh-key list/,
  ],
  ["an unknown VPC", { "vpc-uuid": "11111111-2222-4333-8444-555555555555" }, "digitalocean.vpc", /vpcs list/],
  ["user-data that is not there", { userdata: "/nowhere/user-data" }, "digitalocean.file", /userdata/],
  ["a key that is not there", { "ssh-key-path": "/nowhere/id" }, "digitalocean.file", /ssh-key-path/],
  ["an API without TLS", { "api-url": "http://api.example.com" }, "digitalocean.api-url", /api-url/],
];

describe("before anything is made", () => {
  for (const [what, options, code, hint] of wrong)
    test(`${what} is refused`, async () => {
      const world = await driverWorld();
      const error = await check(world, options);
      expect({ code: error.code, hint: error.hint }).toEqual({ code, hint: expect.stringMatching(hint) });
      expect(error.retryable).toBe(false);
      expect(world.lab.inventory()).toEqual([]);
    });

  test("no token, a wrong one, and one with a line break are refused, and none is repeated", async () => {
    const world = await driverWorld();
    for (const [token, code] of [
      ["", "digitalocean.no-token"],
      ["dop_v1_wrong", "digitalocean.token"],
      ["dop_v1 wrong", "digitalocean.no-token"],
    ] as const) {
      const error = await check(world, {}, world.again({ DIGITALOCEAN_ACCESS_TOKEN: token, HOME: world.folder }));
      expect(error.code).toBe(code);
      expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain("wrong");
    }
  });

  test("a locked account, and one that is full, are refused", async () => {
    const world = await driverWorld({ dropletLimit: 3 });
    const three = Array.from({ length: 4 }, () => check(world));
    expect((await Promise.all(three)).map(({ code }) => code)).toEqual(Array(4).fill("digitalocean.quota"));
    world.lab.world.status = "locked";
    expect((await check(world, {}, world.again())).code).toBe("digitalocean.locked");
  });

  test("a service that does not tell the caller's address is named, with the option that needs none", async () => {
    const world = await driverWorld();
    const error = await check(world, { "address-url": `${world.lab.url}/v2/account` });
    expect(error).toMatchObject({
      code: "digitalocean.ingress",
      hint: expect.stringContaining("--digitalocean-ingress-cidr"),
    });
  });

  test("an IPv6 address of the caller's lets nobody in where SSH goes by IPv4, and is refused", async () => {
    const world = await driverWorld();
    const service = createServer((_, response) => response.end("2001:db8::7\n")).listen(0, "127.0.0.1");
    onTestFinished(() => void service.close());
    await once(service, "listening");
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
    expect(await check(world, { "address-url": url })).toMatchObject({
      code: "digitalocean.ingress",
      message: expect.stringContaining("2001:db8::7"),
      hint: expect.stringContaining("YOUR-IPV4-ADDRESS/32"),
    });
  });

  test("user-data of more than DigitalOcean takes is refused", async () => {
    const world = await driverWorld();
    const path = join(world.folder, "large");
    writeFileSync(path, `#cloud-config\nruncmd: [${'"true", '.repeat(10_000)}"true"]\n`);
    expect((await check(world, { userdata: path })).code).toBe("digitalocean.user-data");
  });

  test("a hundred machines are looked at with one set of calls", async () => {
    const world = await driverWorld();
    const signal = new AbortController().signal;
    await Promise.all(Array.from({ length: 100 }, () => world.driver.check!(machine, world.options(), signal)));
    expect([...world.lab.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBe(5);
  });
});
