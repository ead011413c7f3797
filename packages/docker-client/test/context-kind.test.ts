import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, States } from "@machinist/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ContextProps } from "../src/index.ts";
import { contextResourceTypes, planContext, readContext, writeContext } from "../src/index.ts";

let folder: string;
let config: string;
const logged: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-context-kind-"));
  config = join(folder, "docker");
  await mkdir(join(folder, "m1"));
  for (const pem of ["ca", "cert", "key"]) await writeFile(join(folder, "m1", `${pem}.pem`), `${pem} of m1`);
  logged.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const kind = (store = folder) =>
  contextResourceTypes({ env: { DOCKER_CONFIG: config }, store, certificates: (machine) => join(folder, machine) })[
    "docker.context"
  ]!;

const call = (
  seen: States = { "m1/engine": { url: "tcp://192.0.2.7:2376" } },
  owner = "own-1",
): Call<ContextProps> => ({
  id: "m1/context",
  fleet: "demo",
  props: { name: "m1", machine: "m1", description: "machinist: m1" },
  owner,
  dependencies: seen,
  signal: new AbortController().signal,
  log: (message) => void logged.push(message),
  step: () => {},
  progress: () => {},
});

it("is planned for a machine and for a fleet", () => {
  expect(planContext({ machine: "m1" })).toMatchObject({ id: "m1/context", parents: ["m1/engine"] });
  expect(planContext({ machine: "m1", fleet: "demo" })).toMatchObject({
    id: "@demo/context",
    props: { name: "demo", machine: "m1" },
  });
});

it("is made, found again without drift, and removed", async () => {
  expect(await kind().read({ ...call(), state: undefined })).toBeUndefined();
  const state = await kind().create(call());
  expect(state).toMatchObject({ name: "m1", url: "tcp://192.0.2.7:2376", stale: "" });
  expect(JSON.stringify(state)).not.toContain("key of m1");
  expect((await readContext(config, "m1"))?.tls?.key).toBe("key of m1");
  expect(await kind().read({ ...call(), state: undefined })).toEqual(state);
  expect(kind().drift?.(state, call().props)).toEqual([]);
  await kind().delete({ ...call(), state });
  expect(await kind().read({ ...call(), state })).toBeUndefined();
  await kind().delete({ ...call(), state });
});

it("follows a new address and new certificates in place", async () => {
  const state = await kind().create(call());
  const moved = call({ "m1/engine": { url: "tcp://192.0.2.8:2376" } });
  await writeFile(join(folder, "m1", "cert.pem"), "a newer cert");
  const seen = await kind().read({ ...moved, state });
  expect(kind().drift?.(seen, moved.props)).toEqual(["url", "certificates"]);
  const updated = await kind().update?.({ ...moved, state: seen, changed: ["url", "certificates"] });
  expect(kind().drift?.(updated, moved.props)).toEqual([]);
  expect((await readContext(config, "m1"))?.url).toBe("tcp://192.0.2.8:2376");
});

it("never touches a context that someone else made", async () => {
  const foreign = { name: "m1", description: "mine", url: "tcp://198.51.100.1:2376" };
  await writeContext(config, foreign);
  expect(await kind().read({ ...call(), state: undefined })).toBeUndefined();
  await expect(kind().create(call())).rejects.toMatchObject({ code: "context.taken" });
  // Known before there is a machine.
  expect(kind().checkCreateAlone).toBe(true);
  await expect(kind().checkCreate?.(call())).rejects.toMatchObject({ code: "context.taken" });
  await kind().delete({ ...call(), state: { name: "m1", url: "", description: "", digest: "", stale: "" } });
  expect(await readContext(config, "m1")).toEqual(foreign);
});

it("needs the engine's address and the certificates", async () => {
  await expect(kind().create(call({}))).rejects.toMatchObject({ code: "context.no-engine", retryable: true });
  await rm(join(folder, "m1", "key.pem"));
  await expect(kind().create(call())).rejects.toMatchObject({ code: "context.no-certificates" });
  expect(await readContext(config, "m1")).toBeUndefined();
});

it("selects the default again when the selected context goes", async () => {
  const state = await kind().create(call());
  await writeFile(join(config, "config.json"), '{\n\t"auths": {},\n\t"currentContext": "m1"\n}');
  await kind().delete({ ...call(), state });
  expect(await readFile(join(config, "config.json"), "utf8")).toBe('{\n\t"auths": {}\n}');
  expect(logged).toHaveLength(1);
});

/** A store with a mark, and a call of a machine in it. */
async function storeOf(name: string, mark: string) {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "mark"), `${mark}\n`);
  return { path, kind: kind(path), call: call(undefined, `${mark}aaaaaaaa-context-1`) };
}

it("takes over what a store left that is gone, and never what one made that is there", async () => {
  const old = await storeOf("old", "maaaaaa");
  const other = await storeOf("other", "mbbbbbb");
  await old.kind.create(old.call);
  await expect(other.kind.create(other.call)).rejects.toMatchObject({ code: "context.taken" });
  // Only a damaged mark: it may be there.
  await writeFile(join(old.path, "mark"), "?");
  await expect(other.kind.create(other.call)).rejects.toMatchObject({ code: "context.taken" });
  await rm(join(old.path, "mark"));
  await expect(other.kind.create(other.call)).rejects.toMatchObject({ code: "context.taken" });
  await rm(old.path, { recursive: true });
  await other.kind.create(other.call);
  expect(logged).toEqual([expect.stringContaining("left by a store that is gone")]);
  expect((await readContext(config, "m1"))?.owner).toBe(other.call.owner);
  // The folder is there again, with another store in it.
  const again = await storeOf("other", "mcccccc");
  await again.kind.create(again.call);
  expect((await readContext(config, "m1"))?.owner).toBe(again.call.owner);
});

it("believes no absence of a disk that may not be mounted, nor that of a store nobody named", async () => {
  const { kind: ours, call: asked } = await storeOf("ours", "maaaaaa");
  const context = { name: "m1", description: "", url: "tcp://192.0.2.9:2376", owner: "mdddddd-context-1" };
  for (const store of [undefined, { path: join(folder, "gone"), device: -1 }]) {
    await writeContext(config, { ...context, ...(store ? { store } : {}) });
    await expect(ours.create(asked)).rejects.toMatchObject({ code: "context.taken" });
  }
});

it("says where its store is now", async () => {
  const before = await storeOf("before", "maaaaaa");
  const state = await before.kind.create(before.call);
  const after = await storeOf("after", "maaaaaa");
  const seen = await after.kind.read({ ...after.call, state });
  expect(after.kind.drift?.(seen, after.call.props)).toEqual(["store"]);
  await after.kind.update?.({ ...after.call, state: seen, changed: ["store"] });
  expect((await readContext(config, "m1"))?.store?.path).toBe(after.path);
});
