import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readState } from "../src/machine.ts";
import { filesFor, publicPart, readInstance, usableResolvConf } from "../src/tree.ts";

const spec = {
  hostname: "worker-1",
  publicKey: "ssh-ed25519 AAAA me@here\n",
  address: "10.217.0.2",
  gateway: "10.217.0.1",
  resolvConf: "nameserver 192.0.2.53\n",
};

test("the tree's files make it the machine", () => {
  const files = new Map(filesFor(spec, "0".repeat(32)).map((file) => [file.path, file]));
  expect(files.get("etc/hostname")?.content).toBe("worker-1\n");
  expect(files.get("etc/machine-id")?.content).toBe(`${"0".repeat(32)}\n`);
  expect(files.get("root/.ssh/authorized_keys")).toMatchObject({ content: "ssh-ed25519 AAAA me@here\n", mode: 0o600 });
  expect(files.get("etc/systemd/network/10-host0.network")?.content).toContain(
    "Address=10.217.0.2/24\nGateway=10.217.0.1\nDHCP=no",
  );
});

test("a name server on this computer's loopback is of no use in a machine", () => {
  const stub = "# by systemd-resolved\nnameserver 127.0.0.53\noptions edns0\n";
  expect(usableResolvConf(stub, "nameserver 192.0.2.1\nsearch lan\n")).toBe("nameserver 192.0.2.1\nsearch lan\n");
  expect(usableResolvConf("nameserver 192.0.2.9\nnameserver ::1\n", "")).toBe("nameserver 192.0.2.9\n");
  expect(usableResolvConf(stub, "")).toBe("");
});

test("a key's comment is no part of it", () => {
  expect(publicPart("ssh-ed25519 AAAA root@x y\n")).toBe("ssh-ed25519 AAAA");
});

test("nothing, an unfinished and a broken instance are told apart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "machinist-tree-"));
  try {
    expect(await readState(join(folder, "none"), "o-1")).toBeUndefined();
    expect(await readState(folder, "o-1")).toMatchObject({ owner: "o-1", hostname: "", running: false, pid: 0 });
    const { writeFile } = await import("node:fs/promises");
    await writeFile(join(folder, "machine.json"), "{ half");
    await expect(readInstance(folder)).rejects.toMatchObject({ code: "nspawn.corrupt" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
