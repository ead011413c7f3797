import { expect, test } from "vitest";
import { machineInfo } from "../src/listing.ts";
import {
  addressIn,
  type MachineProps,
  macOf,
  describe as mark,
  modifyArgv,
  networkConfig,
  wantedRules,
} from "../src/settings.ts";
import { answer } from "./answers.ts";

const props: MachineProps = {
  ...{
    name: "m1",
    publicKey: "ssh-ed25519 AAAA",
    disk: "m1/disk",
    user: "debian",
    userData: "",
    memory: 1024,
    cpus: 2,
  },
  ...{ ports: [22, 2376], publish: ["8080:80"], nic: "virtio", hostResolver: false, dnsProxy: true, hostOnly: "" },
  ...{ hostOnlyNic: "virtio", promiscuous: "deny", bridge: "", share: "", ui: "headless" },
};
const before = machineInfo(answer(178).stdout);
const settings = {
  uuid: "U",
  owner: "o-vm-1",
  props,
  consoleLog: "/m/console.log",
  rules: [],
  before,
  hostOnly: undefined,
};
const pairs = (argv: readonly string[], flag: string) =>
  argv.flatMap((word, at) => (word === flag ? [argv[at + 1]] : []));

test("SSH, Docker and published ports are forwarded from 127.0.0.1", () => {
  expect(wantedRules(props)).toEqual([
    { name: "tcp-22", hostPort: 0, guestPort: 22 },
    { name: "tcp-2376", hostPort: 0, guestPort: 2376 },
    { name: "publish-8080", hostPort: 8080, guestPort: 80 },
  ]);
  const argv = modifyArgv({ ...settings, rules: [{ name: "tcp-22", hostPort: 40022, guestPort: 22 }] });
  expect(argv).toContain("tcp-22,tcp,127.0.0.1,40022,,22");
});

test("what is on a host-only network needs no forward for itself", () => {
  expect(wantedRules({ ...props, hostOnly: "@f/host-network:1" }).map(({ guestPort }) => guestPort)).toEqual([80]);
});

test("forwards that are as wanted are left alone, others are taken away first", () => {
  const kept = { name: "ssh", hostPort: 42222, guestPort: 22 };
  const argv = modifyArgv({ ...settings, rules: [kept, { name: "docker", hostPort: 5000, guestPort: 2376 }] });
  expect(argv).not.toContain("ssh,tcp,127.0.0.1,42222,,22");
  const deleted = argv.flatMap((word, at) => (word === "delete" ? [argv[at + 1]] : []));
  expect(deleted.sort()).toEqual(["bad", "docker"]);
  expect(argv.indexOf("docker")).toBeLessThan(argv.indexOf("docker,tcp,127.0.0.1,5000,,2376"));
});

test("the description comes last and has the owner tag", () => {
  expect(modifyArgv(settings).slice(-2)).toEqual(["--description", mark("o-vm-1")]);
});

test("old options reach VirtualBox", () => {
  const argv = modifyArgv({
    ...settings,
    props: { ...props, hostResolver: true, dnsProxy: false, nic: "82540EM", bridge: "eth0" },
  });
  expect(pairs(argv, "--natdnshostresolver1")).toEqual(["on"]);
  expect(pairs(argv, "--natdnsproxy1")).toEqual(["off"]);
  expect(pairs(argv, "--nictype1")).toEqual(["82540EM"]);
  expect(pairs(argv, "--bridgeadapter3")).toEqual(["eth0"]);
  expect(pairs(modifyArgv({ ...settings, props: { ...props, cpus: -1 } }), "--cpus")).not.toEqual(["-1"]);
});

test("a host-only address is read from the MAC that holds it", () => {
  expect(macOf("192.168.56.10")).toBe("0200C0A8380A");
  expect(addressIn("0200C0A8380A")).toBe("192.168.56.10");
  expect([addressIn("080027AABBCC"), addressIn(undefined)]).toEqual([undefined, undefined]);
});

test("cloud-init is told each adapter by its MAC", () => {
  const config = networkConfig(
    { owner: "o", props: { ...props, bridge: "eth0" }, before },
    { address: "192.168.56.10", prefix: 24 },
  );
  expect(JSON.parse(config)).toMatchObject({
    version: 2,
    ethernets: {
      nat: { match: { macaddress: "08:00:27:aa:bb:cc" }, dhcp4: true },
      hostonly: { match: { macaddress: "02:00:c0:a8:38:0a" }, addresses: ["192.168.56.10/24"] },
      bridge: { dhcp4: true },
    },
  });
  expect(Object.keys(JSON.parse(networkConfig({ owner: "o", props, before }, undefined)).ethernets)).toEqual(["nat"]);
});
