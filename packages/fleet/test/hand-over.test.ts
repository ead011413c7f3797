import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { DriverModule } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { startStubSshServer } from "@machinist/lab";
import { writeIdentity } from "@machinist/ssh";
import { Encrypter } from "age-encryption";
import { afterEach, beforeEach, expect, test } from "vitest";

const passphrase = "correct horse battery";
let top: string;
const opened: Machinist[] = [];
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-hand-over-"));
});
afterEach(async () => {
  for (const machinist of opened.splice(0)) await machinist[Symbol.asyncDispose]();
  rmSync(top, { recursive: true, force: true });
});

/** One cloud for all stores; machines of a fleet share a network and an SSH key. */
const cloud = (local = false): DriverModule => ({
  ...simulated,
  create: (context) => ({
    ...simulated.create({ ...context, cacheDir: join(top, "cloud") }),
    ...{ sshKey: "fleet" as const, local },
  }),
});
async function store(name: string, driver = cloud()) {
  const machinist = await openMachinist({ storagePath: join(top, name), env: { HOME: top }, drivers: [driver] });
  opened.push(machinist);
  return machinist;
}
async function create(machinist: Machinist, ...names: string[]) {
  const options = { "boot-ms": 1, network: true };
  const requests = names.map((name) => ({ name, driver: "simulated", engine: false as const, options }));
  expect((await machinist.create(requests).result).failures).toEqual([]);
}
const remove = async (machinist: Machinist, ...names: string[]) =>
  expect((await machinist.remove(names).result).failures).toEqual([]);
const there = () =>
  readdirSync(join(top, "cloud", "simulated"))
    .map((file) => JSON.parse(readFileSync(join(top, "cloud", "simulated", file), "utf8")).kind)
    .sort();
/** A file that somebody made up. */
const sealed = (scopes: unknown, images: unknown = {}): Promise<Uint8Array> => {
  const bundle = {
    machinist: "machines",
    version: 1,
    exportedAt: "",
    storePath: join(top, "ours"),
    images,
    scopes,
  };
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(8);
  return encrypter.encrypt(gzipSync(JSON.stringify(bundle)));
};
/** A record of the store `ours`, to be changed. */
const recordOf = (scope: string) => {
  const at = scope.startsWith("@") ? join("fleets", scope.slice(1)) : join("machines", scope);
  return JSON.parse(readFileSync(join(top, "ours", at, "record.json"), "utf8"));
};
const orphans = async (machinist: Machinist) => {
  const { orphans: found } = await machinist.orphans({ drivers: [{ driver: "simulated" }] });
  return found.filter(({ ours }) => ours);
};

test("the other store has them, with the keys that open them, and removes what they alone used", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web", "db");
  const { data, opened: also } = await ours.exportMachines(["web", "db"], { passphrase });
  expect(also).toEqual([]);
  expect(Buffer.from(data).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt /);
  expect(await theirs.importMachines(data, { passphrase })).toEqual({
    ...{ machines: ["web", "db"], fresh: ["web", "db"], fleets: { default: "default" } },
  });
  expect(await theirs.status("web")).toBe("running");
  // The fleet's key opens each of its machines, and is no fleet's key here.
  const key = join(top, "theirs", "machines", "web", "id_ed25519");
  expect(readFileSync(key, "utf8")).toBe(readFileSync(join(top, "ours", "fleets", "default", "id_ed25519"), "utf8"));
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(top, "theirs", "fleets", "default"))).toEqual(["record.json"]);
  expect(readFileSync(join(top, "theirs", "machines", "web", "config.json"), "utf8")).toContain(join(top, "theirs"));
  // Done twice it is done once.
  expect(await theirs.importMachines(data, { passphrase })).toMatchObject({ fresh: [] });
  await ours.forgetExported(["web", "db"]);
  expect(await ours.names()).toEqual([]);
  expect(readdirSync(join(top, "ours", "fleets"))).toEqual([]);
  // At the cloud they bear our mark: they are no orphans all the same.
  expect(await orphans(ours)).toEqual([]);
  expect(there()).toEqual(["simulated.machine", "simulated.machine", "simulated.network"]);
  await remove(theirs, "web", "db");
  expect(there()).toEqual([]);
  const told = async (machinist: Machinist) => {
    const actions: string[] = [];
    for await (const line of machinist.audit()) if (line.type === "started") actions.push(line.action);
    return actions;
  };
  expect(await told(ours)).toEqual(["create", "export", "forget"]);
  expect(await told(theirs)).toEqual(["import", "import", "remove"]);
  for (const name of ["ours", "theirs"])
    expect(readFileSync(join(top, name, "audit.jsonl"), "utf8")).not.toContain(passphrase);
});

test("docker's contexts stay on this computer, and go when the machine is forgotten", async () => {
  const contexts = join(top, ".docker", "contexts", "meta");
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  const request = { name: "brought", driver: "none", options: { url: "tcp://127.0.0.1:2376" }, context: true };
  const made = await ours.create([request]).result;
  expect(made.failures).toEqual([]);
  expect(readdirSync(contexts)).toHaveLength(1);
  const { data } = await ours.exportMachines(["brought"], { passphrase });
  await theirs.importMachines(data, { passphrase });
  expect((await theirs.info("brought")).resources.map(({ kind }) => kind)).not.toContain("docker.context");
  expect((await theirs.info("brought")).url).toBe("tcp://127.0.0.1:2376");
  await ours.forgetExported(["brought"]);
  expect(readdirSync(contexts)).toEqual([]);
  expect(await ours.names()).toEqual([]);
});

test("what machines that stay need as well is lent: the other store removes none of it", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web", "db");
  await create(theirs, "mine");
  const { data, opened: also } = await ours.exportMachines(["web"], { passphrase });
  expect(also).toEqual(["db"]);
  const { fleets } = await theirs.importMachines(data, { passphrase });
  expect(fleets.default).toMatch(/^default-\w{6}$/);
  await ours.forgetExported(["web"]);
  expect(await orphans(ours)).toEqual([]);
  expect(await theirs.status("web")).toBe("running");
  await remove(theirs, "web");
  expect(there().filter((kind) => kind === "simulated.network")).toHaveLength(2);
  expect(await theirs.fleets()).toEqual(["default"]);
  expect(await ours.status("db")).toBe("running");
  await remove(ours, "db");
  await remove(theirs, "mine");
  expect(there()).toEqual([]);
});

test("a wrong passphrase, other and damaged files, a taken name are refused, and nothing is written", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web");
  const { data } = await ours.exportMachines(["web"], { passphrase });
  const importing = (bytes: Uint8Array, words = passphrase) => theirs.importMachines(bytes, { passphrase: words });
  await expect(importing(data, "correct horse batter")).rejects.toMatchObject({ code: "import.passphrase" });
  const damaged = Uint8Array.from(data);
  damaged[damaged.length - 20]! ^= 1;
  await expect(importing(damaged)).rejects.toMatchObject({ code: "import.passphrase" });
  await expect(importing(data.subarray(0, 100))).rejects.toMatchObject({ code: "import.passphrase" });
  await expect(importing(Buffer.from("PK\u0003\u0004"))).rejects.toMatchObject({ code: "import.file" });
  const exporting = (name: string, words = passphrase) => ours.exportMachines([name], { passphrase: words });
  await expect(exporting("web", "short")).rejects.toMatchObject({ code: "export.passphrase" });
  await expect(exporting("nope")).rejects.toMatchObject({ code: "machine.unknown" });
  expect(await theirs.names()).toEqual([]);
  await create(theirs, "web");
  await expect(importing(data)).rejects.toMatchObject({ code: "machine.exists" });
  // A file that has machines of a computer's own all the same would have their driver remove what it names.
  await expect((await store("third", cloud(true))).importMachines(data, { passphrase })).rejects.toMatchObject({
    code: "import.local",
  });
  await expect((await store("ours", cloud(true))).exportMachines(["web"], { passphrase })).rejects.toMatchObject({
    code: "export.local",
  });
});

test("a file that somebody made up leads nowhere but into the machine's folder", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web");
  const record = recordOf("web");
  const made = async (scopes: unknown) => theirs.importMachines(await sealed(scopes), { passphrase });
  const refused = { code: "import.file" };
  for (const path of ["../../escaped", "/tmp/escaped", "a/../../b", "", "x\0y", "a\\b", ".hidden", "a//b", "C:x"])
    await expect(made([{ record, files: [{ path, data: "eA==" }] }]), path).rejects.toMatchObject(refused);
  for (const scope of ["../x", "a/b", "", undefined, "@../x"])
    await expect(made([{ record: { ...record, scope }, files: [] }]), String(scope)).rejects.toMatchObject(refused);
  for (const wrong of [
    { fleet: "../x" },
    { fleet: "a/b" },
    { uid: "../x" },
    { uid: 7 },
    { scope: "@one", fleet: "two" },
  ])
    await expect(made([{ record: { ...record, ...wrong }, files: [] }]), JSON.stringify(wrong)).rejects.toMatchObject(
      refused,
    );
  for (const paths of [
    ["a", "a/b"],
    ["a/b/c", "a/b"],
    ["a", "a"],
  ])
    await expect(
      made([{ record, files: paths.map((path) => ({ path, data: "eA==" })) }]),
      paths.join(),
    ).rejects.toMatchObject(refused);
  const machine = (changed: object) => ({
    record: { ...record, machine: { ...record.machine, ...changed } },
    files: [],
  });
  for (const wrong of [
    { driver: "evil/driver:latest" },
    { driver: "../x" },
    { options: 7 },
    { engine: "x" },
    { createdAt: "" },
  ])
    await expect(made([machine(wrong)]), JSON.stringify(wrong)).rejects.toMatchObject(refused);
  await expect(made([machine({ options: { ...record.machine.options, "boot-ms": -1 } })])).rejects.toMatchObject({
    code: "options.invalid",
  });
  await expect(made([machine({}), machine({})])).rejects.toMatchObject(refused);
  const [id, saved] = Object.entries<object>(record.resources)[0]!;
  for (const wrong of [{ kind: "nspawn.machine" }, { generation: 1e9 }, { generation: -1 }, { props: "x" }])
    await expect(
      made([{ record: { ...record, resources: { [id]: { ...saved, ...wrong } } }, files: [] }]),
      JSON.stringify(wrong),
    ).rejects.toMatchObject(refused);
  // The hint to add an image is a command to be typed.
  for (const image of ["x; touch /tmp/owned", "a/b\nmachinist rm web", "b", 7, ""])
    await expect(
      sealed([{ record, files: [] }], { toy: image }).then((data) => theirs.importMachines(data, { passphrase })),
      String(image),
    ).rejects.toMatchObject(refused);
  await expect(made("x")).rejects.toMatchObject(refused);
  expect(await theirs.names()).toEqual([]);
  expect(readdirSync(top).sort()).toEqual(["cloud", "ours", "theirs"]);
});

test("neither programs to be run nor keys over those that are here come in with a file", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web");
  await create(theirs, "mine");
  const fleet = join(top, "theirs", "fleets", "default");
  const key = readFileSync(join(fleet, "id_ed25519"), "utf8");
  const hook = {
    name: "evil",
    on: ["machine.removed"],
    action: { type: "command", command: ["touch", join(top, "ran")] },
  };
  const shared = { record: { ...recordOf("@default"), hooks: [hook] }, files: [{ path: "id_ed25519", data: "eA==" }] };
  await theirs.importMachines(await sealed([shared, { record: recordOf("web"), files: [] }]), { passphrase });
  const fleets = readdirSync(join(top, "theirs", "fleets"));
  expect(fleets).toHaveLength(2);
  for (const name of fleets)
    expect(readFileSync(join(top, "theirs", "fleets", name, "record.json"), "utf8")).not.toContain("evil");
  expect(readFileSync(join(fleet, "id_ed25519"), "utf8")).toBe(key);
  await remove(theirs, "mine", "web");
  expect(readdirSync(top)).not.toContain("ran");
});

test("a key of the user's own goes along, and is what the machine is reached with there", async () => {
  mkdirSync(join(top, "home"));
  await writeIdentity(join(top, "home"), "mine");
  const keyPath = join(top, "home", "id_ed25519");
  const text = readFileSync(keyPath, "utf8");
  const server = await startStubSshServer();
  const generic = { name: "host", driver: "generic", engine: false as const };
  const options = {
    "ip-address": "127.0.0.1",
    "ssh-port": server.port,
    "ssh-key": keyPath,
    "trust-on-first-use": true,
  };
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  expect((await ours.create([{ ...generic, options }]).result).failures).toEqual([]);
  const { data } = await ours.exportMachines(["host"], { passphrase });
  await theirs.importMachines(data, { passphrase });
  const path = (await theirs.info("host")).endpoint?.keyPath ?? "";
  expect(path).toBe(join(top, "theirs", "machines", "host", "imported_key"));
  expect(readFileSync(path, "utf8")).toBe(text);
  await server.close();
  rmSync(keyPath);
  await expect(ours.exportMachines(["host"], { passphrase })).rejects.toMatchObject({ code: "export.key" });
});

test("what a provider has is asked of it: what the file says is not believed, and another's machine is not taken", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web", "db");
  await create(theirs, "mine");
  const made = async (...parts: object[]) => theirs.importMachines(await sealed(parts), { passphrase });
  const shared = { record: recordOf("@default"), files: [] };
  const record = recordOf("web");
  const [id, saved] = Object.entries<{ state: object }>(record.resources)[0]!;
  // The state names another's object: only the mark counts.
  const other = Object.values<{ state: object }>(recordOf("db").resources)[0]!.state;
  const lying = { ...record, resources: { [id]: { ...saved, state: other } } };
  await made(shared, { record: lying, files: [] });
  await remove(theirs, "web");
  expect(await ours.status("db")).toBe("running");
  expect(await theirs.status("mine")).toBe("running");
  // It is gone now: nothing is there that could be imported.
  await expect(made(shared, { record, files: [] })).rejects.toMatchObject({ code: "import.absent" });
  // The mark of a machine that is here, under another name.
  const mine = JSON.parse(readFileSync(join(top, "theirs", "machines", "mine", "record.json"), "utf8"));
  const renamed = { ...recordOf("db"), uid: mine.uid };
  await expect(made(shared, { record: renamed, files: [] })).rejects.toMatchObject({ code: "import.known" });
  expect(await theirs.names()).toEqual(["mine"]);
  expect(await theirs.fleets()).toEqual(["default"]);
});

test("an import that fails in the middle leaves nothing behind", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web", "db");
  const { data } = await ours.exportMachines(["web", "db"], { passphrase });
  // A folder that is no machine's stands where one is to be: the last of them cannot be placed.
  mkdirSync(join(top, "theirs", "machines", "db", "x"), { recursive: true });
  await expect(theirs.importMachines(data, { passphrase })).rejects.toMatchObject({ code: "store.write" });
  expect(readdirSync(join(top, "theirs", "machines"))).toEqual(["db"]);
  expect(readdirSync(join(top, "theirs", "fleets"))).toEqual([]);
  rmSync(join(top, "theirs", "machines", "db"), { recursive: true });
  expect((await theirs.importMachines(data, { passphrase })).fresh).toEqual(["web", "db"]);
});

test("a fleet's key that came along is no new machine's", async () => {
  const [ours, theirs] = [await store("ours"), await store("theirs")];
  await create(ours, "web");
  const { data } = await ours.exportMachines(["web"], { passphrase });
  await theirs.importMachines(data, { passphrase });
  await create(theirs, "next");
  const keyOf = (...at: string[]) => readFileSync(join(top, ...at, "id_ed25519"), "utf8");
  const given = keyOf("ours", "fleets", "default");
  expect(keyOf("theirs", "fleets", "default")).not.toBe(given);
  expect(keyOf("theirs", "machines", "web")).toBe(given);
  // Nor is the machine that came recreated for it.
  const changes = await theirs.drift("web");
  expect(changes.filter(({ action }) => action !== "none")).toEqual([]);
});
