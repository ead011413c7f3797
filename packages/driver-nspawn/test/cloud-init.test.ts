import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, States } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkUserData, cloudFiles, readSeed } from "../src/cloud-init.ts";
import { filesOf, imageName } from "../src/image-recipe.ts";
import nspawn from "../src/index.ts";
import { machineKind, readState } from "../src/machine.ts";
import { placesOf } from "../src/paths.ts";
import { filesFor } from "../src/tree.ts";

let folder: string;
let userData: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-nspawn-"));
  userData = join(folder, "user-data");
  await writeFile(userData, "#cloud-config\n");
});
afterEach(() => rm(folder, { recursive: true }));

const context = { cacheDir: "/nowhere/cache", machineDir: (name: string) => `/nowhere/${name}`, env: {} };
const machine = { name: "w-1", fleet: "demo", publicKey: "ssh-ed25519 AAAA k\n" };
const options: Data = { release: "trixie", image: "bare", mirror: "", memory: 0, cpus: 0 };

test("other packages are another image, in whatever order they are named", async () => {
  const bare = { release: "trixie", image: "bare", mirror: "" };
  expect(imageName({ ...bare, packages: [] })).toBe(imageName(bare));
  expect(imageName({ ...bare, packages: ["vim", "jq"] })).toBe(imageName({ ...bare, packages: ["jq", "vim", "jq"] }));
  expect(imageName({ ...bare, packages: ["jq"] })).not.toBe(imageName(bare));
  const driver = nspawn.create(context);
  const [, base, instance] = await driver.plan(machine, { ...options, packages: ["vim", "jq"] });
  expect(base).toMatchObject({ id: "@demo/image:trixie-bare-jq-vim", props: { packages: ["jq", "vim"] } });
  expect(instance?.props).toMatchObject({ packages: ["jq", "vim"] });
  const [, plain] = await driver.plan(machine, { ...options, packages: [] });
  expect(plain?.props).not.toHaveProperty("packages");
});

test("an image with cloud-init takes its seed from the tree and leaves the network alone; others know nothing of it", () => {
  const [file] = cloudFiles("trixie", ["cloud-init"]);
  expect(file?.content).toMatch(/datasource_list: \[NoCloud, [\s\S]*network: {config: disabled}/);
  expect(filesOf({ release: "trixie", image: "bare", mirror: "" }).some(({ path }) => path.includes("cloud"))).toBe(
    false,
  );
});

test("with user-data, cloud-init lets the key in and makes the host's; nobody else may read it", async () => {
  const seed = await readSeed("o-1", { userData, hostname: "w-1", publicKey: machine.publicKey });
  expect(JSON.parse(seed.metaData)).toEqual({
    "instance-id": "o-1",
    "local-hostname": "w-1",
    "public-keys": ["ssh-ed25519 AAAA k"],
  });
  const spec = { hostname: "w-1", publicKey: machine.publicKey, address: "a", gateway: "g", resolvConf: "" };
  const files = new Map(filesFor({ ...spec, seed }, "0").map((file) => [file.path, file]));
  expect(files.has("root/.ssh/authorized_keys")).toBe(false);
  expect(files.get("var/lib/cloud/seed/nocloud/user-data")).toMatchObject({ content: "#cloud-config\n", mode: 0o600 });
  expect(files.get("var/lib/cloud/seed/nocloud/meta-data")?.mode).toBe(0o600);
});

test("its host key is known as soon as the machine has made it, and not before it is ready", async () => {
  const kind = machineKind(placesOf(context));
  const props = { hostname: "w-1", publicKey: "k", network: "n", base: "b", release: "r", image: "i" };
  const before = await readState(folder, "o-1");
  expect(before?.hostKey).toBe("");
  expect(kind.ready?.(before!, { ...props, userData })).toMatch(/host key/);
  expect(kind.ready?.(before!, props)).toBe(true);
  const states: States = { "w-1/instance": { ...before, address: "10.0.0.2" } as Data };
  expect(nspawn.create(context).endpoint?.("w-1", states)).not.toHaveProperty("hostKeys");
  await mkdir(join(folder, "upper/etc/ssh"), { recursive: true });
  await writeFile(join(folder, "upper/etc/ssh/ssh_host_ed25519_key.pub"), "ssh-ed25519 AAAAkey root@w-1\n");
  const after = await readState(folder, "o-1");
  expect(after?.hostKey).toBe("ssh-ed25519 AAAAkey");
  expect(kind.ready?.(after!, { ...props, userData })).toBe(true);
});

test("user-data that is not there, or that nothing would read, is found before anything is made", async () => {
  await expect(checkUserData({})).resolves.toBeUndefined();
  await expect(checkUserData({ "user-data": userData, packages: ["cloud-init"] })).resolves.toBeUndefined();
  await expect(checkUserData({ "user-data": `${userData}.none`, packages: ["cloud-init"] })).rejects.toMatchObject({
    code: "nspawn.user-data",
    message: expect.stringContaining(".none"),
  });
  await expect(checkUserData({ "user-data": userData, packages: [] })).rejects.toMatchObject({
    code: "nspawn.user-data",
    hint: expect.stringContaining("cloud-init"),
  });
});
