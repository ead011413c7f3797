import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Data, PlannedMachine } from "@machinist/core";
import virtualbox, { uuidOf } from "@machinist/driver-virtualbox";
import { resolveOptions } from "@machinist/options";
import { afterEach, expect, test } from "vitest";
import { judgeProcessor, judgeVersion } from "../src/check.ts";
import { answer } from "./answers.ts";
import { type FakeVBoxManage, fakeVBoxManage, type Replies } from "./fake-vboxmanage.ts";

let fake: FakeVBoxManage | undefined;
afterEach(() => fake?.remove());
const signal = new AbortController().signal;
const machine: PlannedMachine = { name: "m1", fleet: "f", publicKey: "ssh-ed25519 AAAA", enginePort: 2376 };

async function driverWith(replies: Replies = {}) {
  fake = await fakeVBoxManage({ "--version": answer(0).stdout, "list hostinfo": "", "list vms": "", ...replies });
  const { folder } = fake;
  return virtualbox.create({
    cacheDir: join(folder, "cache"),
    machineDir: (name) => join(folder, "machines", name),
    env: { ...process.env, ...fake.env },
  });
}
const optionsOf = (given: Data = {}) => resolveOptions(virtualbox, given, {});

test("every flag that docker-machine had is accepted", () => {
  const given = {
    ...{ memory: "2048", "cpu-count": "-1", "disk-size": "30000", "boot2docker-url": "https://x.example/b2d.iso" },
    ...{
      "import-boot2docker-vm": "vm",
      "host-dns-resolver": "true",
      "nat-nictype": "82540EM",
      "hostonly-cidr": "192.168.56.1/24",
    },
    ...{
      "hostonly-nictype": "82540EM",
      "hostonly-nicpromisc": "deny",
      "ui-type": "headless",
      "hostonly-no-dhcp": "true",
    },
    ...{ "no-share": "true", "no-dns-proxy": "true", "no-vtx-check": "true", "share-folder": "/srv:srv" },
  };
  expect(resolveOptions(virtualbox, given, {})).toMatchObject({ memory: 2048, "cpu-count": -1, "no-dns-proxy": true });
  expect(resolveOptions(virtualbox, {}, { VIRTUALBOX_MEMORY_SIZE: "4096" }).memory).toBe(4096);
});

test("a fleet's machines share the base disk and the network, and have a disk and a machine each", async () => {
  const driver = await driverWith();
  const plan = await driver.plan(machine, optionsOf({ "hostonly-cidr": "192.168.56.1/24" }));
  expect(plan.map(({ kind }) => kind)).toEqual([
    "virtualbox.base",
    "virtualbox.host-network",
    "virtualbox.disk",
    "virtualbox.vm",
  ]);
  expect(plan.map(({ id }) => id).filter((id) => !id.startsWith("@f/"))).toEqual(["m1/disk", "m1/vm"]);
});

test("it is reached at its port forwards, or at its address on the host-only network", async () => {
  const driver = await driverWith();
  const state = {
    complete: true,
    forwards: { "22": 40022, "2376": 40376 },
    address: "",
    hostKey: "ssh-ed25519 BBBB",
    user: "debian",
  };
  expect(driver.endpoint?.("m1", { "m1/vm": state })).toEqual({
    ...{ host: "127.0.0.1", port: 40022, user: "debian", hostKeys: ["ssh-ed25519 BBBB"], forwards: state.forwards },
  });
  expect(driver.endpoint?.("m1", { "m1/vm": { ...state, address: "192.168.56.4" } })).toMatchObject({
    host: "192.168.56.4",
    port: 22,
  });
  expect(driver.endpoint?.("m1", { "m1/vm": { ...state, complete: false } })).toBeUndefined();
});

test.each([
  ["running", "running"],
  ["poweroff", "stopped"],
  ["aborted", "stopped"],
  ["paused", "paused"],
  ["saved", "saved"],
  ["aborted-saved", "saved"],
  ["gurumeditation", "error"],
  ["teleporting", "unknown"],
])("%s is %s", async (word, status) => {
  const driver = await driverWith({ showvminfo: `VMState="${word}"\n` });
  expect(await driver.status?.({ machine: "m1", states: { "m1/vm": { uuid: "u" } }, signal, log: () => {} })).toBe(
    status,
  );
});

test("a paused machine goes on, and one that is off is not asked to shut down", async () => {
  const call = { machine: "m1", states: { "m1/vm": { uuid: "u", ui: "headless" } }, signal, log: () => {} };
  let driver = await driverWith({ showvminfo: 'VMState="paused"\n', controlvm: "" });
  await driver.power?.start?.(call);
  expect((await fake!.calls()).at(-1)).toBe("controlvm u resume");
  await fake!.remove();
  driver = await driverWith({ showvminfo: 'VMState="saved"\n', startvm: "" });
  await driver.power?.stop?.(call);
  await driver.power?.start?.(call);
  expect((await fake!.calls()).filter((line) => !line.startsWith("showvminfo"))).toEqual(["startvm u --type headless"]);
});

test("its UUID tells a machine's owner, and a machine whose folder lies is nobody's", async () => {
  const uuid = uuidOf("mabcdef-vm-1");
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const entry = (id: string) =>
    `Name:            m1\nGroups:          /machinist/f\nUUID:            ${id}\nConfig file:     /s/m1/virtualbox/mabcdef-vm-1/vm/machinist/f/m1/m1.vbox\n`;
  const driver = await driverWith({
    "list --long vms": entry(uuid) + entry(uuidOf("other")),
    "list hdds": answer(179).stdout,
  });
  expect(await driver.listOwned?.({}, signal)).toEqual([
    {
      kind: "virtualbox.vm",
      owner: "mabcdef-vm-1",
      fleet: "f",
      label: `m1 ${uuid}`,
      state: { uuid, folder: "/s/m1/virtualbox/mabcdef-vm-1" },
    },
  ]);
});

test("versions, drivers and processors that will not do are refused", () => {
  judgeVersion(answer(0).stdout);
  expect(() => judgeVersion(answer(8).stdout)).toThrow(expect.objectContaining({ code: "virtualbox.kernel-driver" }));
  expect(() => judgeVersion("5.2.44r139111\n")).toThrow(expect.objectContaining({ code: "virtualbox.version" }));
  expect(() => judgeVersion("")).toThrow(expect.objectContaining({ code: "virtualbox.version" }));
  const info = (count: number) =>
    `Host Information:\n\nProcessor count: ${count}\nProcessor supports HW virtualization: no\n`;
  expect(() => judgeProcessor(info(4))).toThrow(expect.objectContaining({ code: "virtualbox.no-vtx" }));
  judgeProcessor(info(0)); // it could not look
});

test.each<[string, Data, Replies]>([
  [
    "virtualbox.name-taken",
    {},
    { "list vms": '"m1" {801b1db2-0121-4672-b2d9-0f7ae48d0139}\n', showvminfo: answer(178).stdout },
  ],
  ["images.missing", { image: "/nonexistent.qcow2" }, {}],
  ["images.insecure", { image: "http://images.example/x.qcow2" }, {}],
  ["virtualbox.user-data", { "user-data": "/nonexistent" }, {}],
  ["virtualbox.share", { "share-folder": "/nonexistent:x" }, {}],
  ["virtualbox.host-image", { "hostonly-cidr": "192.168.56.1/24", image: "debian:trixie" }, {}],
  ["virtualbox.host-range", { "hostonly-cidr": "10.9.8.1/24" }, {}],
  [
    "virtualbox.service",
    {},
    { "list vms": { code: 1, stderr: "VBoxManage: error: Failed to create the VirtualBox object!\n" } },
  ],
])("%s is said before anything is made", async (code, given, replies) => {
  const driver = await driverWith(replies);
  await mkdir(join(fake!.folder, "machines"));
  await expect(driver.check?.(machine, optionsOf(given), signal)).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(/\S/),
  });
  expect((await fake!.calls()).filter((line) => !/^(list|show|--version)/.test(line))).toEqual([]);
});

test("a computer where all is well passes the check", async () => {
  const driver = await driverWith();
  await driver.check?.(machine, optionsOf(), signal);
});
