import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimAddress, define, findDefinition, forget, releaseAddress } from "../src/registry.ts";

const { signal } = new AbortController();
const nothing = async () => [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-registry-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("networks defined at once get different subnets, and keep them", async () => {
  const owners = Array.from({ length: 8 }, (_, index) => `n-${index}`);
  const made = await Promise.all(owners.map((owner) => define(folder, owner, nothing, signal)));
  expect(new Set(made.map(({ subnet }) => subnet)).size).toBe(8);
  expect(await define(folder, "n-3", nothing, signal)).toEqual(made[3]);
  await forget(folder, "n-3");
  expect(await findDefinition(folder, "n-3")).toBeUndefined();
});

test("a subnet in use elsewhere is not chosen; none left is an error with a hint", async () => {
  const taken = await define(folder, "n-1", async () => ["10.217.0.0/16"], signal);
  expect(taken.subnet).toBe("10.218.0.0/24");
  const all = async () => ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
  await expect(define(folder, "n-2", all, signal)).rejects.toMatchObject({ code: "nspawn.subnet" });
});

test("addresses claimed at once differ; asked again a machine gets its own", async () => {
  const network = await define(folder, "n-1", nothing, signal);
  const machines = Array.from({ length: 12 }, (_, index) => ({
    owner: `m-${index}`,
    folder: join(folder, `f-${index}`),
  }));
  for (const { folder: each } of machines) await mkdir(each);
  const claimed = await Promise.all(machines.map((claim) => claimAddress(folder, network, claim, signal)));
  expect(new Set(claimed).size).toBe(12);
  expect(await claimAddress(folder, network, machines[5]!, signal)).toBe(claimed[5]);
});

test("an address is free again when it is released, or when its machine's folder is gone", async () => {
  const network = await define(folder, "n-1", nothing, signal);
  const claim = async (name: string) => {
    await mkdir(join(folder, name), { recursive: true });
    return claimAddress(folder, network, { owner: name, folder: join(folder, name) }, signal);
  };
  expect([await claim("a"), await claim("b"), await claim("c")]).toEqual(["10.217.0.2", "10.217.0.3", "10.217.0.4"]);
  await releaseAddress(folder, "n-1", "10.217.0.3");
  expect(await claim("d")).toBe("10.217.0.3");
  await rm(join(folder, "a"), { recursive: true });
  expect(await claim("e")).toBe("10.217.0.2");
});

test("an address stays with a machine whose store was moved", async () => {
  const network = await define(folder, "n-1", nothing, signal);
  const [before, after] = [join(folder, "before"), join(folder, "after")];
  await mkdir(before);
  const own = await claimAddress(folder, network, { owner: "a", folder: before }, signal);
  await rename(before, after);
  const here = async () => new Set(["a"]);
  const other = await claimAddress(folder, network, { owner: "b", folder }, signal, here);
  expect(other).not.toBe(own);
  expect(await claimAddress(folder, network, { owner: "a", folder: after }, signal, here)).toBe(own);
  // From then on others know it too.
  expect(await claimAddress(folder, network, { owner: "c", folder }, signal)).not.toBe(own);
});

test("a full network says so", async () => {
  const network = await define(folder, "n-1", nothing, signal);
  const addresses = join(folder, "n-1");
  await mkdir(addresses);
  for (let last = 2; last < 255; last++)
    await writeFile(join(addresses, `10.217.0.${last}`), JSON.stringify({ owner: `x-${last}`, folder }));
  await expect(claimAddress(folder, network, { owner: "m", folder }, signal)).rejects.toMatchObject({
    code: "nspawn.addresses",
  });
});
