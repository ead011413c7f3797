import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Data } from "@machinist/core";
import { ec2Unavailable } from "@machinist/lab";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { Ec2World } from "./ec2-world.ts";

const reason = ec2Unavailable();
const world = reason === undefined ? await Ec2World.open() : undefined;
afterAll(() => world?.close());

/** A page that tells whoever asks this address. */
async function telling(address: string): Promise<string> {
  const service = createServer((_, response) => response.end(`${address}\n`)).listen(0, "127.0.0.1");
  await new Promise((resolve) => service.once("listening", resolve));
  onTestFinished(() => void service.close());
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
}

const check = async (options: Data, told: string): Promise<unknown> =>
  world!.driver.check!(
    { name: "a", fleet: "demo", publicKey: "" },
    world!.options({ "ingress-cidr": ["auto"], "address-service": await telling(told), ...options }),
    new AbortController().signal,
  );

describeUnless(reason, "auto lets in the address that SSH comes from", () => {
  test.each<[string, Data, string, RegExp]>([
    ["IPv4", {}, "2001:db8::7", /YOUR-IPV4-ADDRESS\/32/],
    ["IPv4, at an Elastic IP", { "elastic-address": true }, "2001:db8::7", /YOUR-IPV4-ADDRESS\/32/],
    ["IPv6", { "ipv6-address-only": true }, "198.51.100.23", /YOUR-IPV6-ADDRESS\/128/],
  ])("by %s: an address of the other kind is refused before anything is made", async (_way, options, told, hint) => {
    await expect(check(options, told)).rejects.toMatchObject({
      code: "amazonec2.own-address",
      message: expect.stringContaining(told),
      hint: expect.stringMatching(hint),
    });
  });

  test("by IPv6: the IPv6 address", async () => {
    await check({ "ipv6-address-only": true }, "2001:db8::7");
  });

  test.each([{ "private-address-only": true }, { "use-private-address": true }])(
    "by its private address: what is in the VPC, whatever the world sees: %j",
    async (options) => {
      const fleet = world!.fleet();
      const { Vpcs = [] } = await world!.ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] });
      const machine = { ...options, "ingress-cidr": ["auto"], "address-service": await telling("198.51.100.23") };
      try {
        await fleet.up({ a: machine, b: { "ingress-cidr": ["auto"], "address-service": machine["address-service"] } });
        const block = Vpcs[0]!.CidrBlock;
        expect(await fleet.openings("a")).toEqual([`22 ${block}`, `2376 ${block}`]);
        expect(await fleet.openings("b")).toEqual(["22 198.51.100.23/32", "2376 198.51.100.23/32"]);
      } finally {
        await fleet.up({});
      }
    },
  );
});
