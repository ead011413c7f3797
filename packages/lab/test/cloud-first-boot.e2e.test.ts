import { existsSync, readFileSync } from "node:fs";
import { bootSecretPath, newBootSecret, userData } from "@machinist/cloud-init";
import { type Host, hostProofPath } from "@machinist/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type CloudHost, type CloudHosts, cloudUnavailable, openCloudHosts } from "../src/index.ts";
import { type CloudWorld, makeCloudWorld } from "./cloud-world.ts";

const reason = cloudUnavailable();
const KEY = "/etc/ssh/ssh_host_ed25519_key.pub";

/** Files in the host that contain what comes on stdin: it may be in no argument. /usr is the image's, and older than any secret. */
const HOLDERS = `pattern=$(mktemp /dev/shm/pattern.XXXXXX)
cat > "$pattern"
grep -rlF -D skip -f "$pattern" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=shm --exclude-dir=usr 2>/dev/null
rm -f "$pattern"`;

async function holders(host: Host, text: string): Promise<string[]> {
  const { stdout } = await host.run(["sh", "-c", HOLDERS], { sudo: true, stdin: text, timeoutMs: 120_000 });
  return stdout.split("\n").filter(Boolean);
}
const output = async (host: Host, ...argv: string[]) => (await host.run(argv, { sudo: true })).stdout.trim();
const bare = (line: string) => line.split(" ").slice(0, 2).join(" ");

describeUnless(reason, "first boots on real hosts", () => {
  let cloud: CloudHosts;
  let world: CloudWorld;
  const secret = newBootSecret();
  beforeAll(async () => {
    [cloud, world] = await Promise.all([openCloudHosts(), makeCloudWorld()]);
  });
  afterAll(async () => {
    await world?.end();
    await cloud?.dispose();
  });

  const start = (name: string, text: string): Promise<CloudHost> =>
    cloud.start({ name, userData: text, publicKeys: [world.identity.publicKey] });

  describe("one", () => {
    let one: CloudHost;
    let host: Host;
    beforeAll(async () => {
      const begun = performance.now();
      await world.expect("one", secret);
      one = await start("one", userData({ bootSecret: secret }));
      host = await world.connect("one", one.address);
      console.log(`a cloud host has proved its key after ${Math.round(performance.now() - begun)} ms`);
    });

    test("has made its own key; that is pinned, and the secret is gone here", async () => {
      const key = bare(await output(host, "cat", KEY));
      expect(readFileSync(world.knownHosts("one"), "utf8").split("\n")[0]).toBe(`${one.address} ${key}`);
      expect(existsSync(bootSecretPath(world.folder("one")))).toBe(false);
      expect(await output(host, "hostname")).toBe("one");
    });

    test("has forgotten the secret everywhere, and cloud-init is content", async () => {
      expect(await output(host, "cloud-init", "status", "--wait")).toContain("done");
      expect(await output(host, "cloud-init", "status", "--long")).toContain("errors: []");
      // In brackets, so that the shell which asks does not find itself.
      await expect.poll(() => output(host, "pgrep", "-f", "[h]ost-proof"), { interval: 200 }).toBe("");
      expect(await holders(host, secret)).toEqual([]);
      // What held it holds zeros now: without them this test would look in the wrong places.
      const blank = await holders(host, "0".repeat(64));
      for (const file of ["user-data.txt", "user-data.txt.i", "obj.pkl", "boothooks/machinist-host-proof"])
        expect(blank.some((path) => path.startsWith("/var/lib/cloud/instances/") && path.endsWith(`/${file}`))).toBe(
          true,
        );
      expect(blank).toContain("/var/lib/cloud/seed/nocloud/user-data");
    });

    test("is the same after a restart, with the proof as it was", async () => {
      const proof = await output(host, "cat", hostProofPath);
      await world.reconnect();
      await one.stop();
      await one.start();
      const again = await world.connect("one", one.address);
      expect(await output(again, "cat", hostProofPath)).toBe(proof);
      expect(await output(again, "cloud-init", "status", "--wait")).toContain("done");
      expect(await holders(again, secret)).toEqual([]);
    });

    test("with another secret than ours is refused", async () => {
      await world.expect("other", newBootSecret());
      await expect(world.connect("other", one.address)).rejects.toMatchObject({ code: "ssh.host-proof" });
      expect(existsSync(world.knownHosts("other"))).toBe(false);
      expect(existsSync(bootSecretPath(world.folder("other")))).toBe(true);
    });
  });

  test("a batch shares its user-data, and each host proves a key of its own", async () => {
    const names = ["b-1", "b-2", "b-3"];
    const batch = newBootSecret();
    const text = userData({ bootSecret: batch });
    const begun = performance.now();
    for (const name of names) await world.expect(name, batch);
    const started = await Promise.all(names.map((name) => start(name, text)));
    const hosts = await Promise.all(started.map(({ name, address }) => world.connect(name, address)));
    const keys = await Promise.all(hosts.map((host) => output(host, "cat", KEY)));
    console.log(`three have proved theirs after ${Math.round(performance.now() - begun)} ms`);
    expect(new Set(keys).size).toBe(3);
    expect(await output(hosts[0]!, "docker", "info", "--format", "{{.Name}}")).toBe("b-1");
    await Promise.all(started.map((host) => host.remove()));
  });

  test("the user's own parts work, lists are joined, and a key made before cloud-init's own is not the one proved", async () => {
    const extra = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChV2KQkMvGCyqQFH1SZrV0m0MWeWmrXr0z0w5cSb extra@user";
    const theirs = `## template: jinja
#cloud-config
hostname: theirs
ssh_authorized_keys: ["${extra}"]
bootcmd:
  - ssh-keygen -A
  - cp ${KEY} /root/early.pub
runcmd:
  - echo "{{ v1.local_hostname }}" > /root/ran
`;
    await world.expect("merged", secret);
    const boot = { bootSecret: secret, hostname: "ours", authorizedKeys: [world.identity.publicKey], userData: theirs };
    const started = await cloud.start({ name: "merged", userData: userData(boot), publicKeys: [] });
    const host = await world.connect("merged", started.address);
    await output(host, "cloud-init", "status", "--wait");
    expect(await output(host, "hostname")).toBe("theirs");
    expect(await output(host, "cat", "/root/ran")).toBe("merged");
    expect(await output(host, "cat", "/home/debian/.ssh/authorized_keys")).toContain(extra);
    expect(bare(await output(host, "cat", KEY))).not.toBe(bare(await output(host, "cat", "/root/early.pub")));
    expect(await holders(host, secret)).toEqual([]);
    await started.remove();
  });
});
