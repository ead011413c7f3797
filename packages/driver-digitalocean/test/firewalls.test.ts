import type { Data } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { type DriverWorld, driverWorld, PUBLIC_KEY } from "./driver-world.ts";
import { FleetRun, openings, reaches } from "./fleet-run.ts";

const world = "0.0.0.0/0";
const [web, db] = [
  { "open-port": ["80"], "open-port-cidr": [world], "ingress-cidr": ["198.51.100.0/24"] },
  { "ingress-cidr": ["192.0.2.7/32"] },
];
const [openWeb, openDb] = [
  ["22 198.51.100.0/24", "2376 198.51.100.0/24", `80 ${world}`],
  ["22 192.0.2.7/32", "2376 192.0.2.7/32"],
];

describe("each machine lets in what was declared for it, and nothing else", () => {
  test("beside others of the fleet with other ports and sources; and all of them reach each other", async () => {
    const at = await driverWorld();
    await new FleetRun(at).up({ web, db });
    expect([openings(at.lab, "web"), openings(at.lab, "db")]).toEqual([openWeb, openDb]);
    expect([reaches(at.lab, "web", "db"), reaches(at.lab, "db", "web")]).toEqual([true, true]);
  });

  test("also when SSH itself is open to the world on another machine", async () => {
    const at = await driverWorld();
    await new FleetRun(at).up({ web: { "open-port": ["80"], "ingress-cidr": [world] }, db });
    expect(openings(at.lab, "db")).toEqual(openDb);
    // Open ports without sources of their own are for those who reach SSH.
    expect(openings(at.lab, "web")).toEqual([`22 ${world}`, `2376 ${world}`, `80 ${world}`]);
  });

  test("a machine made later, for others, takes nothing from those who reach the first", async () => {
    const at = await driverWorld();
    const fleet = new FleetRun(at);
    const made = await fleet.up({ a: {} });
    // As `create` does it: what is recorded and not asked for now is left alone.
    await fleet.up({ b: { "ingress-cidr": ["198.51.100.0/24"] } }, new Set(made.map(({ id }) => id)));
    expect(openings(at.lab, "a")).toEqual(["22 203.0.113.7/32", "2376 203.0.113.7/32"]);
    expect(openings(at.lab, "b")).toEqual(["22 198.51.100.0/24", "2376 198.51.100.0/24"]);
  });

  test("one whose sources change comes under another firewall, and the one it leaves goes", async () => {
    const at = await driverWorld();
    const fleet = new FleetRun(at);
    await fleet.up({ web, db });
    const never = watch(at, ["web", "db"]);
    await fleet.up({ web, db: { "ingress-cidr": ["192.0.2.8/32"] } });
    expect(openings(at.lab, "db")).toEqual(["22 192.0.2.8/32", "2376 192.0.2.8/32"]);
    expect(at.lab.world.firewalls.all()).toHaveLength(2);
    expect(at.lab.world.tags.all()).toHaveLength(3);
    never();
  });

  test("a tag of ours that somebody else put on it opens it no longer than to the next run", async () => {
    const at = await driverWorld();
    const fleet = new FleetRun(at);
    await fleet.up({ web, db });
    const [one, other] = ["web", "db"].map((name) =>
      at.lab.world.droplets.all().find((each) => each.name.startsWith(`${name}.`)),
    );
    at.lab.droplets.meddle(other!.id, { tags: [...other!.tags, ...one!.tags, "theirs"] });
    expect(openings(at.lab, "db")).not.toEqual(openDb);
    await fleet.up({ web, db });
    expect(openings(at.lab, "db")).toEqual(openDb);
    expect(at.lab.world.droplets.get(String(other!.id))?.tags).toContain("theirs");
  });

  test("blocks are compared by what they mean", async () => {
    const at = await driverWorld();
    const plan = async (...cidrs: string[]) =>
      (await at.plan("a", { "ingress-cidr": cidrs })).filter(({ kind }) => kind === "digitalocean.firewall");
    expect(await plan("2001:DB8:0::1/64", "192.0.2.9/24")).toEqual(await plan("192.0.2.0/24", "2001:db8::/64"));
    await expect(plan("999.1.1.1/32")).rejects.toMatchObject({ code: "options.invalid" });
    const fleet = new FleetRun(at);
    await fleet.up({ db: { "ingress-cidr": ["2001:db8::/64", "192.0.2.7/32"] } });
    const [made] = at.lab.world.firewalls.all();
    const rules = JSON.parse(JSON.stringify(made!.inbound_rules).replaceAll("2001:db8::/64", "2001:0DB8:0:0::/64"));
    at.lab.world.firewalls.set(made!.id, 0, { ...made!, inbound_rules: rules });
    const calls = () => at.lab.calls.get("firewalls_update") ?? 0;
    await fleet.up({ db: { "ingress-cidr": ["192.0.2.7/32", "2001:db8::1/64"] } });
    expect(calls()).toBe(0);
  });
});

describe("a fleet of a version that had one tag for all its firewalls", () => {
  test("is brought over: nobody is bare on the way, and what it had goes", async () => {
    const at = await driverWorld();
    const fleet = await oldFleet(at);
    expect(openings(at.lab, "db")).toContain(`22 ${world}`);
    const never = watch(at, ["web", "db"]);
    await fleet.up({ web, db });
    never();
    expect([openings(at.lab, "web"), openings(at.lab, "db")]).toEqual([openWeb, openDb]);
    expect(reaches(at.lab, "web", "db") && reaches(at.lab, "db", "web")).toBe(true);
    expect(at.lab.world.firewalls.all()).toHaveLength(2);
    expect(at.lab.world.tags.all()).toHaveLength(3);
    expect(
      at.lab.world.droplets
        .all()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(fleet.ids);
    expect(at.lab.inventory().filter((line) => line.includes("-tag-") || line.includes("firewall-old"))).toEqual([]);
  });

  test("opens nothing of a machine that is made in it now", async () => {
    const at = await driverWorld();
    const fleet = await oldFleet(at);
    await fleet.up({ safe: db }, new Set(fleet.records.flatMap(({ resources }) => Object.keys(resources))));
    expect(openings(at.lab, "safe")).toEqual(openDb);
  });

  test("can be removed", async () => {
    const at = await driverWorld();
    const fleet = await oldFleet(at);
    await fleet.up({});
    expect(at.lab.inventory()).toEqual([]);
  });
});

/** At each call that comes in, each machine stands behind a firewall; call the result to judge. */
function watch({ lab }: DriverWorld, machines: readonly string[]): () => void {
  const bare: string[] = [];
  lab.faultPlan = {
    lagMs: 0,
    fault(call) {
      for (const machine of machines) if (openings(lab, machine) === "everything") bare.push(`${machine} at ${call}`);
      return "none";
    },
  };
  return () => {
    lab.faultPlan = undefined;
    expect(bare).toEqual([]);
  };
}

/** As the version before left it: one tag, a firewall for each set of ports, and both over all machines. */
async function oldFleet(at: DriverWorld): Promise<FleetRun & { readonly ids: number[] }> {
  const { lab } = at;
  const fleet = new FleetRun(at);
  const account = lab.world.account.team;
  const api = lab.url;
  const tag = { id: "@demo/tag", kind: "digitalocean.tag", props: { api }, parents: [] };
  const named = (owner: string) => `machinist.demo.${owner}`;
  let fleetTag = "";
  await fleet.remember(tag, (owner) => {
    fleetTag = `machinist:demo:${owner}`;
    lab.world.tags.set(fleetTag, 0, fleetTag);
    return { api, account, id: fleetTag };
  });
  await fleet.remember(
    { id: "@demo/ssh-key", kind: "digitalocean.ssh-key", props: { api, publicKey: PUBLIC_KEY }, parents: [] },
    (owner) => {
      lab.world.keys.set("77", 0, { id: 77, name: named(owner), fingerprint: "9c:…", public_key: PUBLIC_KEY });
      return { api, account, id: "77", ours: true };
    },
  );
  const ids: number[] = [];
  for (const [machine, ports, ingress] of [
    ["web", ["22", "2376", "80"], [world]],
    ["db", ["22", "2376"], ["192.0.2.7/32"]],
  ] as const) {
    const props = { api, tag: tag.id, ports: [...ports], ingress: [...ingress], addressUrl: lab.addressUrl };
    const firewall = { id: `@demo/firewall-old${machine}`, kind: "digitalocean.firewall", props, parents: [] };
    await fleet.remember({ ...firewall, after: [tag.id] }, (owner) => {
      const id = `${machine === "web" ? "1" : "2"}1111111-2222-4333-8444-555555555555`;
      const rules = ports.map((each) => ({ protocol: "tcp", ports: each, sources: { addresses: [...ingress] } }));
      const members = { protocol: "tcp", ports: "0", sources: { tags: [fleetTag] } };
      lab.world.firewalls.set(id, 0, {
        ...{ id, name: named(owner), created_at: lab.world.stamp(), tags: [fleetTag] },
        ...{ inbound_rules: [...rules, members], outbound_rules: [], droplet_ids: [] },
      });
      return { api, account, id, inbound: "", outbound: "", tag: fleetTag, tagged: true, caller: "" };
    });
    const planned = (await at.plan(machine, machine === "web" ? web : db)).at(-1)!;
    const { members: _members, access: _access, ...same } = planned.props;
    const droplet = { ...planned, props: { ...same, tag: tag.id }, after: [tag.id, "@demo/ssh-key", firewall.id] };
    await fleet.remember(droplet, (owner) => {
      const { region, size, image } = same as { region: string; size: string; image: string };
      const [made] = lab.droplets.create({ name: `${machine}.${owner}`, region, size, image, tags: [fleetTag] });
      ids.push(made!.id);
      const state: Data = { api, account, id: made!.id, status: "active", address: "", privateAddress: "", size };
      return { ...state, tag: fleetTag, missing: [], ownTags: [], disk: 25, user: "root", port: 22, keyPath: "" };
    });
  }
  return Object.assign(fleet, { ids: ids.sort() });
}
