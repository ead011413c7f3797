import { expect, test } from "vitest";
import { type BootSpec, bootArgv, nspawnArgv } from "../src/boot.ts";
import { carries, startTimeIn } from "../src/processes.ts";

const spec: BootSpec = {
  folder: "/store/a:b/m",
  bridge: "mch0123456789ab",
  systemd: false,
  instance: {
    owner: "u1-3",
    hostname: "worker-1",
    publicKey: "ssh-ed25519 AAAA",
    address: "10.217.0.2",
    hostKey: "ssh-ed25519 BBBB",
    networkOwner: "f1-1",
  },
};

test("the machine is marked with its owner and named as its host", () => {
  const argv = nspawnArgv(spec);
  expect(argv).toContain("--machine=u1-3");
  expect(argv).toContain("--hostname=worker-1");
  expect(argv).toContain("--network-bridge=mch0123456789ab");
  expect(argv).toContain("--bind=/store/a\\:b/m/docker:/var/lib/docker");
});

test("user text is an argument, never a part of the script", () => {
  const argv = bootArgv(spec);
  const script = argv[argv.indexOf("-c") + 1];
  expect(script).toContain('"$members" "$@"');
  expect(script).not.toContain("worker-1");
  expect(argv.slice(argv.indexOf("-c") + 2).slice(0, 6)).toEqual(["sh", "/store/a:b/m", "u1-3", "own", "", ""]);
});

test("where systemd runs the computer, the machine gets a scope with its limits", () => {
  const instance = { ...spec.instance, memory: 512 * 2 ** 20, cpus: 1.5 };
  const argv = bootArgv({ ...spec, systemd: true, instance });
  expect(argv.slice(0, 5)).toEqual(["systemd-run", "--scope", "--quiet", "--collect", "--unit=machinist-u1-3"]);
  expect(argv).toContain("--property=Delegate=yes");
  expect(argv).toContain("--property=MemoryMax=536870912");
  expect(argv).toContain("--property=CPUQuota=150%");
});

test("a carrier is known by a whole argument", () => {
  const cmdline = "systemd-nspawn\0--machine=u1-31\0--boot\0";
  expect(carries(cmdline, "u1-31")).toBe(true);
  expect(carries(cmdline, "u1-3")).toBe(false);
  expect(carries("grep\0x --machine=u1-31\0", "u1-31")).toBe(false);
});

test("a start time is found behind any command name, and a zombie has none", () => {
  const rest = Array.from({ length: 30 }, (_, index) => String(index + 4)).join(" ");
  expect(startTimeIn(`12 (a) b (c) S ${rest}`)).toBe("22");
  expect(startTimeIn(`12 (sh) Z ${rest}`)).toBeUndefined();
  expect(startTimeIn("")).toBeUndefined();
});
