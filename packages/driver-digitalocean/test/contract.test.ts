import { readFileSync } from "node:fs";
import { Judge } from "@machinist/lab";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, afterEach, expect, test } from "vitest";
import digitalocean from "../src/index.ts";
import { clock, envOf, openAccount, optionsOf } from "./lab.ts";

const lab = await openAccount();
const right = lab.token;
afterEach(() => expect(lab.faults.splice(0), "what DigitalOcean's document forbids").toEqual([]));
afterAll(() => lab.close());

testDriver({
  module: digitalocean,
  options: { ...optionsOf(lab), vpc: true },
  context: { clock, env: envOf(lab) },
  changed: [
    { size: "s-1vcpu-2gb", tags: ["more", "most"], "ingress-cidr": ["198.51.100.0/24"] },
    { size: "s-2vcpu-2gb", tags: ["most"], "resize-disk": true },
    { size: "s-2vcpu-2gb", "resize-disk": true },
  ],
  expectChanged: async ({ uids }, { size, tags = [] }) => {
    const mine = lab.world.droplets.all().filter(({ name }) => uids.some((uid) => name.includes(uid)));
    expect(mine.map((each) => each.tags.filter((tag) => !tag.startsWith("machinist:")))).toEqual([tags]);
    expect(mine.map((each) => [each.size, each.disk, each.status])).toEqual([
      [size, size === "s-2vcpu-2gb" ? 60 : 25, "active"],
    ]);
  },
  impossible: { options: { size: "s-1vcpu-1gb" }, code: "digitalocean.disk-shrink" },
  replacing: { image: "ubuntu-24-04-x64" },
  faults: (next) => {
    lab.faultPlan = next;
  },
  leftovers: async ({ fleet, uids }) => {
    await clock.sleep(10_000);
    return lab.inventory().filter((line) => uids.some((uid) => line.includes(uid)) || line.includes(fleet));
  },
  breakProvider: async () => {
    lab.token = "another";
    return async () => {
      lab.token = right;
    };
  },
  foreign: async () => {
    const [droplet] = lab.droplets.create({ name: "theirs-1", size: "s-1vcpu-1gb", image: "debian-13-x64" });
    return {
      isThere: async () => lab.world.droplets.get(String(droplet!.id)) !== undefined,
      remove: async () => lab.droplets.destroy(String(droplet!.id)),
    };
  },
  // DigitalOcean promises nothing; its lists lag behind by seconds.
  lagMs: 20_000,
  kills: 8,
  report: (line) => console.log(line),
  timeoutMs: 120_000,
});

test("the token needs the scopes that the documentation lists, and no others", () => {
  const page = readFileSync(new URL("../../../docs/drivers/digitalocean.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/`([a-z_]+:(?:create|read|update|delete))`/g)].map(([, scope]) => scope);
  // What checks, lists of orphans and mended firewalls call comes on top of what the contract's cases have called.
  const more = [
    "regions_list",
    "sizes_list",
    "images_get",
    "firewalls_list",
    "firewalls_update",
    "vpcs_list",
    "vpcs_get",
    "sshKeys_get",
  ];
  expect(listed.sort()).toEqual(new Judge().scopes([...lab.calls.keys(), ...more]));
});
