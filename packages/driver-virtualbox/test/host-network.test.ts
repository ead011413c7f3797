import type { Call } from "@machinist/core";
import { afterEach, expect, test } from "vitest";
import {
  checkRange,
  chooseAddress,
  type HostNetworkProps,
  hostNetworkKind,
  isAllowed,
  parseCidr,
} from "../src/host-network.ts";
import { createProgram } from "../src/program.ts";
import { type FakeVBoxManage, fakeVBoxManage, type Replies } from "./fake-vboxmanage.ts";

let fake: FakeVBoxManage;
afterEach(() => fake?.remove());
const signal = new AbortController().signal;
const props = parseCidr("192.168.56.1/24");
const call = { props, signal } as unknown as Call<HostNetworkProps> & { state: undefined };

async function kindWith(replies: Replies) {
  fake = await fakeVBoxManage(replies);
  return hostNetworkKind(createProgram({ env: fake.env }));
}

const listed = `Name:            vboxnet0
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       192.168.56.1
NetworkMask:     255.255.255.0
Status:          Up
VBoxNetworkName: HostInterfaceNetworking-vboxnet0
`;

test("an interface with the wanted address is used", async () => {
  const kind = await kindWith({ "list hostonlyifs": listed });
  expect(await kind.read(call)).toEqual({ name: "vboxnet0", address: "192.168.56.1", prefix: 24 });
  await kind.create(call);
  expect((await fake.calls()).filter((line) => line.startsWith("hostonlyif"))).toEqual([]);
});

test("else one is made and given the address", async () => {
  const kind = await kindWith({
    "list hostonlyifs": "",
    "hostonlyif create": "Interface 'vboxnet3' was successfully created\n",
    "hostonlyif ipconfig": "",
  });
  expect(await kind.read(call)).toBeUndefined();
  expect(await kind.create(call)).toMatchObject({ name: "vboxnet3" });
  expect((await fake.calls()).at(-1)).toBe("hostonlyif ipconfig vboxnet3 --ip 192.168.56.1 --netmask 255.255.255.0");
});

test("addresses that other machines have are not given again", async () => {
  await kindWith({
    "list --long vms": "NIC 2:   MAC: 0200C0A83802, Attachment: Host-only\nNIC 2:   MAC: 0200C0A83803, x\n",
  });
  const program = createProgram({ env: fake.env });
  expect(await chooseAddress(program, { name: "vboxnet0", ...props }, signal)).toBe("192.168.56.4");
});

test("only what VirtualBox allows is asked for", async () => {
  expect(isAllowed("192.168.56.1", undefined)).toBe(true);
  expect(isAllowed("192.168.63.1", undefined)).toBe(true);
  expect(isAllowed("192.168.99.1", undefined)).toBe(false);
  expect(isAllowed("192.168.99.1", "# ours\n* 10.0.0.0/8 192.168.99.0/24\n* fd00::/64\n")).toBe(true);
  expect(isAllowed("192.168.56.1", "* 10.0.0.0/8\n")).toBe(false);
  await expect(checkRange(parseCidr("8.8.8.1/24"), "linux")).rejects.toMatchObject({ code: "virtualbox.host-range" });
  await checkRange(parseCidr("8.8.8.1/24"), "win32");
});
