import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { openDigitalOcean } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "./scene.ts";

/** A store that docker-machine 0.16.2 made; `<STORE>` stands for its path. */
const recorded = new URL("fixtures/store/", import.meta.url);

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text.replaceAll("<STORE>", scene.store), { mode: 0o600 });
}

const configOf = (name: string, driver: string, kept: object): string =>
  JSON.stringify({
    ConfigVersion: 3,
    Driver: { MachineName: name, StorePath: scene.store, SSHUser: "root", SSHPort: 22, ...kept },
    DriverName: driver,
    HostOptions: {
      EngineOptions: {
        Labels: ["tier=front"],
        ArbitraryFlags: ["debug", "label=a=b", "H=fd://"],
        InstallURL: "https://get.docker.com",
        TlsVerify: true,
      },
      SwarmOptions: {},
      AuthOptions: { StorePath: join(scene.store, "machines", name), CertDir: join(scene.store, "certs") },
    },
    Name: name,
  });

describe("a store that the real program made", () => {
  beforeEach(() => {
    cpSync(recorded, scene.store, { recursive: true });
    for (const name of ["m1", "m2"]) {
      const path = join(scene.store, "machines", name, "config.json");
      put(path, readFileSync(path, "utf8"));
    }
  });

  test("is listed, shown and removed", async () => {
    expect((await scene.run(["ls", "-q"])).stdout).toBe("m1\nm2\n");
    expect((await scene.run(["url", "m1"])).stdout).toBe("tcp://192.0.2.10:2376\n");
    const before = readFileSync(join(scene.store, "machines", "m2", "config.json"), "utf8");
    expect((await scene.run(["inspect", "m2"])).stdout).toBe(`${before.trimEnd()}\n`);
    expect(await scene.run(["rm", "-y", "m1", "m2"])).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(scene.store, "machines"))).toEqual([]);
  });

  test("is machinist's too, and looking at it writes nothing", async () => {
    const listing = () => readdirSync(scene.store, { recursive: true }).sort();
    const before = listing();
    await using machinist = await openMachinist({ storagePath: scene.store, env: {} });
    expect(await machinist.names()).toEqual(["m1", "m2"]);
    expect(await machinist.info("m1")).toMatchObject({
      driver: "none",
      url: "tcp://192.0.2.10:2376",
      incomplete: false,
    });
    expect(await machinist.status("m2")).toBe("running");
    expect(listing()).toEqual(before);
  });
});

test("a generic machine of docker-machine's is reached as it was", async () => {
  const kept = { IPAddress: "192.0.2.7", SSHUser: "admin", SSHPort: 2222, SSHKeyPath: "/keys/id", EnginePort: 2377 };
  put(join(scene.store, "machines", "box", "config.json"), configOf("box", "generic", kept));
  await using machinist = await openMachinist({ storagePath: scene.store, env: {} });
  expect(await machinist.info("box")).toMatchObject({
    engine: { labels: { tier: "front", a: "b" }, options: { debug: true }, port: 2377 },
    endpoint: { host: "192.0.2.7", user: "admin", port: 2222, keyPath: "/keys/id", trustOnFirstUse: true },
    url: "tcp://192.0.2.7:2377",
  });
});

test("a damaged config.json is told of by name, and hides no other", async () => {
  put(join(scene.store, "machines", "bad", "config.json"), "{");
  put(join(scene.store, "machines", "box", "config.json"), configOf("box", "none", { URL: "tcp://192.0.2.7:2376" }));
  await using machinist = await openMachinist({ storagePath: scene.store, env: {} });
  await expect(machinist.info("bad")).rejects.toMatchObject({ code: "store.corrupt" });
  expect((await machinist.machines({ timeoutMs: 2000 })).map(({ name, error }) => [name, error?.code])).toEqual([
    ["bad", "store.corrupt"],
    ["box", expect.anything()],
  ]);
});

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl theirs";

describe("a droplet of docker-machine's", () => {
  test("is removed with its key by the ids that were kept, and its token is kept no more", async () => {
    const clock = new FastClock(100);
    const lab = await openDigitalOcean({ clock });
    try {
      const ask = async (path: string, body: object) => {
        const headers = { authorization: `Bearer ${lab.token}`, "content-type": "application/json" };
        const answer = await fetch(`${lab.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        return (await answer.json()) as Record<string, { readonly id: number }>;
      };
      const { ssh_key: key } = await ask("/v2/account/keys", { name: "web-1", public_key: publicKey });
      const [droplet] = lab.droplets.create({ name: "web-1", size: "s-1vcpu-1gb", image: "debian-13-x64" });
      const kept = {
        ...{ AccessToken: lab.token, DropletID: Number(droplet!.id), DropletName: "web-1", SSHKeyID: key?.id },
        ...{ IPAddress: "192.0.2.9", Region: "nyc3", Size: "s-1vcpu-1gb", Image: "debian-13-x64" },
      };
      const path = join(scene.store, "machines", "web-1", "config.json");
      put(path, configOf("web-1", "digitalocean", kept));
      const env = { DIGITALOCEAN_ACCESS_TOKEN: lab.token, DIGITALOCEAN_API_URL: lab.url };
      await using machinist = await openMachinist({ storagePath: scene.store, env });
      expect((await machinist.lease(["web-1"], 3_600_000).result).ok).toBe(true);
      expect(readFileSync(path, "utf8")).not.toContain(lab.token);
      expect(readFileSync(path, "utf8")).toContain(`"DropletID": ${droplet!.id}`);
      await expect.poll(() => machinist.status("web-1")).toBe("running");
      expect(await machinist.remove(["web-1"]).result).toMatchObject({ ok: true, failures: [] });
      await clock.sleep(10_000);
      expect(lab.inventory()).toEqual([]);
    } finally {
      await lab.close();
    }
  });
});
