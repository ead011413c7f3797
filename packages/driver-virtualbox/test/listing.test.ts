import { expect, test } from "vitest";
import { blocks, longList, machineInfo, machineReadable, machines, media } from "../src/listing.ts";
import { answer } from "./answers.ts";

test("a machine is read as it is: state, sizes, port forwards, adapters", () => {
  const info = machineInfo(answer(178).stdout);
  expect(info).toMatchObject({
    power: "poweroff",
    memory: 2048,
    cpus: 2,
    description: "made by docker-machine",
    storage: true,
  });
  expect(info.settingsFile).toMatch(/docker-machine\/m1\/m1\.vbox$/);
  expect(info.rules).toContainEqual({ name: "ssh", hostPort: 42222, guestPort: 22 });
  expect(info.rules).toContainEqual({ name: "docker", hostPort: 42376, guestPort: 2376 });
  expect(info.macs["1"]).toBe("080027AABBCC");
});

test("a port that VirtualBox did not understand is read as the 0 that it became", () => {
  expect(machineInfo(answer(178).stdout).rules).toContainEqual({ name: "bad", hostPort: 0, guestPort: 22 });
});

test("a description of several lines is read whole", () => {
  const text = 'VMState="running"\ndescription="one\ntwo"\nmemory=64\n';
  expect(machineReadable(text).get("description")).toBe("one\ntwo");
  expect(machineInfo(text)).toMatchObject({ power: "running", memory: 64 });
});

test("machines of one name are told apart by their UUIDs", () => {
  const listed = machines(answer(32).stdout);
  expect(listed.map(({ name }) => name)).toEqual(["m1", "m1", "bad/name"]);
  expect(new Set(listed.map(({ uuid }) => uuid)).size).toBe(3);
});

test("disks are read with their place and size", () => {
  const disks = media(answer(179).stdout);
  expect(disks.length).toBeGreaterThan(3);
  expect(disks.find(({ path }) => path.endsWith("m1/base.vdi"))).toMatchObject({ capacity: 128, state: "created" });
  expect(disks.every(({ uuid }) => /^[0-9a-f-]{36}$/.test(uuid))).toBe(true);
});

test("the long list tells every machine's settings file, and which ports and addresses are taken", () => {
  const text = `${answer(35).stdout}

Name:                        m2
Groups:                      /machinist/f
UUID:                        u2
Config file:                 /m2.vbox
NIC 1 Rule(0):   name = ssh, protocol = tcp, host ip = 127.0.0.1, host port = 40022, guest ip = , guest port = 22
NIC 2:                       MAC: 0200C0A83805, Attachment: Host-only Interface 'vboxnet0'\n`;
  const { machines: found, hostPorts, macs } = longList(text);
  expect(found.length).toBe(2);
  expect(found[1]).toEqual({ uuid: "u2", groups: "/machinist/f", settingsFile: "/m2.vbox" });
  expect(found[0]).toMatchObject({ groups: "/", settingsFile: expect.stringMatching(/m1\.vbox$/) });
  expect([...hostPorts]).toEqual([40022]);
  expect(macs.has("0200C0A83805")).toBe(true);
});

test("nothing is nothing", () => {
  expect([machines(""), media(""), blocks("\n"), longList("").machines]).toEqual([[], [], [], []]);
});
