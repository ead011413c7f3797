import type { Data } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { driverWorld, failing, owner, PUBLIC_KEY } from "./driver-world.ts";
import { clock } from "./lab.ts";

describe("what a fleet shares", () => {
  test("a key that was in the account before is used, and left there", async () => {
    const world = await driverWorld();
    const [, key] = await world.plan("a");
    world.lab.world.keys.set("7", 0, { id: 7, name: "laptop", fingerprint: "9c:…", public_key: "" });
    const theirs = await world.driver.resourceTypes["digitalocean.ssh-key"]!.create(
      world.call(key!, owner("theirs"), {}),
    );
    const stored = world.lab.world.keys.get(String(theirs.id))!;
    world.lab.world.keys.set(String(theirs.id), 0, { ...stored, name: "laptop" });

    const kind = world.again().resourceTypes["digitalocean.ssh-key"]!;
    const call = world.call(key!, owner("ssh-key"), {});
    expect(await kind.read({ ...call, state: undefined })).toBeUndefined();
    const state = await kind.create(call);
    expect(state).toMatchObject({ id: theirs.id, ours: false });
    await kind.delete({ ...call, state });
    expect(await kind.read({ ...call, state })).toBeUndefined();
    expect(world.lab.world.keys.get(String(theirs.id))).toBeDefined();
  });

  test("the firewall lets in the caller alone, and members of the fleet; what others change is mended", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const firewall = (await world.plan("a")).find(({ kind }) => kind === "digitalocean.firewall")!;
    const kind = world.driver.resourceTypes["digitalocean.firewall"]!;
    const call = world.call(firewall, owner(firewall.id.replace(/.*\//, "")), seen);
    const state = seen[firewall.id]!;
    const [made] = world.lab.world.firewalls.all();
    const tag = seen["@demo/members"]!.id;
    const members = { tags: [tag] };
    const caller = { addresses: ["203.0.113.7/32"] };
    expect(made!.inbound_rules).toEqual([
      { protocol: "tcp", ports: "22", sources: caller },
      { protocol: "tcp", ports: "2376", sources: caller },
      ...["tcp", "udp", "icmp"].map((protocol) => ({ protocol, ports: "0", sources: members })),
    ]);
    expect(kind.drift!(state, firewall.props)).toEqual([]);

    const everybody = { protocol: "tcp", ports: "2375", sources: { addresses: ["0.0.0.0/0"] } };
    world.lab.world.firewalls.set(made!.id, 0, {
      ...made!,
      inbound_rules: [...made!.inbound_rules, everybody],
      tags: [],
    });
    const found = (await kind.read({ ...call, state }))!;
    expect(kind.drift!(found, firewall.props)).toEqual(["ingress", "tag"]);
    const mended = await kind.update!({ ...call, state: found, changed: ["ingress", "tag"] });
    expect(kind.drift!(mended, firewall.props)).toEqual([]);
    expect(world.lab.world.firewalls.get(made!.id)?.inbound_rules).toEqual(made!.inbound_rules);
  });

  test("a machine with other ports gets a firewall and its tag more; the rest is shared", async () => {
    const world = await driverWorld();
    const ids = async (more: Data) =>
      (await world.plan("a", more)).map(({ id }) => id).filter((id) => id.startsWith("@"));
    const [plain, web] = [await ids({}), await ids({ "open-port": ["80", "443"] })];
    expect(plain.filter((id) => !web.includes(id))).toHaveLength(2);
    expect(await ids({ vpc: true, region: "ams3" })).toContain("@demo/vpc:ams3");
  });

  test("no state, prop or listed object holds a secret", async () => {
    const world = await driverWorld();
    const seen = await world.shared("a", { vpc: true });
    const droplet = (await world.plan("a", { vpc: true })).at(-1)!;
    seen[droplet.id] = await world.driver.resourceTypes["digitalocean.droplet"]!.create(
      world.call(droplet, owner("droplet"), seen),
    );
    const objects = await world.driver.listOwned!(world.options(), new AbortController().signal);
    expect(objects.map(({ kind }) => kind.replace("digitalocean.", ""))).toEqual([
      "droplet",
      "firewall",
      "ssh-key",
      "vpc",
      "tag",
      "tag",
    ]);
    const text = JSON.stringify([seen, await world.plan("a"), objects]);
    expect(text).not.toContain(world.lab.token);
    expect(text).not.toMatch(/\b[0-9a-f]{64}\b/);
    expect(text).toContain(PUBLIC_KEY.split(" ")[1]);
  });

  test("a droplet known from the list of orphans alone is gone when it is, and its VPC waits for that", async () => {
    const world = await driverWorld({ actionMs: 40_000 });
    const seen = await world.shared("a", { vpc: true });
    const [droplet, vpc] = ["droplet", "vpc"].map((sort) => world.driver.resourceTypes[`digitalocean.${sort}`]!);
    const resource = (await world.plan("a", { vpc: true })).at(-1)!;
    await droplet!.create(world.call(resource, owner("droplet"), seen));
    const objects = await world.driver.listOwned!(world.options(), new AbortController().signal);
    const orphan = (kind: string) => {
      const { id, state, owner: mark } = { id: "@demo/x", ...objects.find((each) => each.kind === kind)! };
      return { ...world.call({ id, kind, props: {}, parents: [] }, mark, {}), state };
    };
    await droplet!.delete(orphan("digitalocean.droplet"));
    expect(await droplet!.read(orphan("digitalocean.droplet"))).toBeDefined();
    const error = await failing(vpc!.delete(orphan("digitalocean.vpc")));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: "digitalocean.busy", retryable: true });
    await clock.sleep(45_000);
    expect(await droplet!.read(orphan("digitalocean.droplet"))).toBeUndefined();
    await vpc!.delete(orphan("digitalocean.vpc"));
  });
});
