import type { Data, States } from "@machinist/core";
import { expect, test } from "vitest";
import { parseForward, qemuArgv } from "../src/argv.ts";
import { checkProgram } from "../src/check.ts";
import qemu from "../src/index.ts";
import type { MachineState } from "../src/instance.ts";
import { machineKind } from "../src/machine.ts";
import { placesOf } from "../src/paths.ts";
import { ownerIn } from "../src/process.ts";

const context = { cacheDir: "/nowhere/cache", machineDir: (name: string) => `/nowhere/machines/${name}`, env: {} };
const driver = qemu.create(context);
const defaults = Object.fromEntries(
  Object.entries(qemu.options.properties).map(([name, schema]) => [name, schema.default]),
) as Data;
const machine = (name: string) => ({ name, fleet: "demo", publicKey: "ssh-ed25519 AAAA k", enginePort: 2376 });

test("every option has a default, an environment variable and a heading", () => {
  for (const [name, schema] of Object.entries(qemu.options.properties)) {
    expect(schema.default, name).toBeDefined();
    expect(schema["x-env"], name).toBe(`QEMU_${name.toUpperCase().replaceAll("-", "_")}`);
    expect(schema["x-group"], name).toMatch(/^[A-Z]/);
    if (schema.enum) expect(schema.enum).toContain(schema.default);
  }
});

test("machines share their image; disk and machine are their own", async () => {
  const [one, two] = await Promise.all([driver.plan(machine("w-1"), defaults), driver.plan(machine("w-2"), defaults)]);
  expect(one.map(({ kind }) => kind)).toEqual(["qemu.image", "qemu.disk", "qemu.machine"]);
  expect(two[0]).toEqual(one[0]);
  expect(one[2]).toMatchObject({
    id: "w-1/machine",
    parents: ["w-1/disk"],
    props: { ports: [22, 2376], disk: "w-1/disk" },
  });
  expect(one[1]?.props.bytes).toBe(20480 * 2 ** 20);
});

test("another image is another resource of the fleet; what does not decide on it is not in its name", async () => {
  const [first] = await driver.plan(machine("a"), defaults);
  const [other] = await driver.plan(machine("a"), { ...defaults, image: "debian:trixie" });
  const [larger] = await driver.plan(machine("a"), { ...defaults, memory: 4096 });
  expect(other?.id).not.toBe(first?.id);
  expect(larger).toEqual(first);
});

test("a machine without Docker has SSH forwarded and nothing else", async () => {
  const { enginePort: _none, ...bare } = machine("a");
  expect((await driver.plan(bare, defaults))[2]?.props.ports).toEqual([22]);
});

const state: MachineState = {
  ...{ owner: "mabc-machine-1", folder: "/m", hostname: "a", user: "debian", hostKey: "ssh-ed25519 BBBB", disk: "/d" },
  ...{
    socket: "/s",
    arch: "x86_64",
    accel: "auto",
    cpus: 2,
    memory: 2048,
    publish: [],
    running: true,
    pid: 7,
    emulated: false,
  },
  ports: { "22": 21000, "2376": 21001 },
};

test("an endpoint has the forwarded ports, and the host key made here", () => {
  const states: States = { "a/machine": state };
  expect(driver.endpoint?.("a", states)).toEqual({
    ...{ host: "127.0.0.1", port: 21000, user: "debian" },
    ...{ hostKeys: ["ssh-ed25519 BBBB"], forwards: { "2376": 21001 } },
  });
  expect(driver.endpoint?.("a", { "a/machine": { ...state, emulated: true } })?.bootMs).toBeGreaterThan(120_000);
  expect(driver.endpoint?.("b", states)).toBeUndefined();
  expect(driver.endpoint?.("a", { "a/machine": { ...state, ports: {} } })).toBeUndefined();
});

test("what is not as it was asked for is drift: stopped, unfinished, changed, an engine's port that is new", () => {
  const { drift, requiresReplace } = machineKind(placesOf(context));
  const props = {
    ...{
      hostname: "a",
      publicKey: "k",
      user: "debian",
      disk: "a/disk",
      arch: "x86_64" as const,
      accel: "auto" as const,
    },
    ...{ cpus: 2, memory: 2048, publish: [], ports: [22, 2376], userData: "" },
  };
  expect(drift?.(state, props)).toEqual([]);
  expect(drift?.({ ...state, running: false }, props)).toEqual(["running"]);
  expect(drift?.({ ...state, hostname: "" }, props)).toEqual(["complete"]);
  expect(drift?.(state, { ...props, memory: 4096, publish: ["8080:80"] })).toEqual(["memory", "publish"]);
  expect(drift?.(state, { ...props, ports: [22, 2400] })).toEqual(["ports"]);
  for (const name of ["memory", "cpus", "accel", "publish", "ports"]) expect(requiresReplace).not.toContain(name);
});

const hardware = {
  ...({
    owner: "mabc-machine-1",
    folder: "/m,x",
    disk: '/d "q",x',
    socket: "/s,x",
    arch: "x86_64",
    accel: "kvm",
  } as const),
  ...{ firmware: "", cpus: 3, memory: 1024 },
  forwards: [parseForward("8080:80"), parseForward("0.0.0.0:53:5353/udp")],
};

test("QEMU is told everything in words that no path or name can break out of", () => {
  const argv = qemuArgv(hardware);
  const after = (flag: string) => argv.flatMap((each, index) => (argv[index - 1] === flag ? [each] : []));
  expect(argv[0]).toBe("qemu-system-x86_64");
  expect(after("-name")).toEqual(["guest=machinist-mabc-machine-1"]);
  expect(JSON.parse(after("-blockdev")[0] ?? "")).toMatchObject({
    ...{ driver: "qcow2", discard: "unmap" },
    file: { driver: "file", filename: '/d "q",x' },
  });
  expect(JSON.parse(after("-blockdev")[1] ?? "")).toMatchObject({
    "read-only": true,
    file: { filename: "/m,x/seed.iso" },
  });
  expect(after("-netdev")).toEqual(["user,id=net,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:53-:5353"]);
  expect(after("-chardev").join(" ")).toContain("path=/s,,x,server=on");
  expect(after("-chardev").join(" ")).toContain("path=/m,,x/console.log,append=on");
  expect([...after("-accel"), ...after("-cpu"), ...after("-smp"), ...after("-m")]).toEqual([
    "kvm",
    "host",
    "3",
    "1024",
  ]);
});

test("what is emulated gets a processor that can be, and ARM its firmware", () => {
  expect(qemuArgv({ ...hardware, accel: "tcg" }).join(" ")).toContain("-accel tcg,thread=multi -cpu max");
  const arm = qemuArgv({ ...hardware, arch: "arm64", firmware: "/f", accel: "kvm" }).join(" ");
  expect(arm).toMatch(/^qemu-system-aarch64 .*-machine virt,gic-version=max .*-bios \/f /);
});

test("only machines of ours bear a mark", () => {
  const words = (name: string) => `/usr/bin/qemu-system-x86_64 -name guest=${name} -nodefaults `;
  expect(ownerIn(words("machinist-mabc-machine-1"))).toBe("mabc-machine-1");
  expect(ownerIn(words("mabc-machine-1"))).toBeUndefined();
  expect(ownerIn(words("debian,debug-threads=on"))).toBeUndefined();
  expect(ownerIn("grep guest=machinist-mabc-machine-1 ")).toBeUndefined();
});

test.each([
  ["qemu-img", /qemu-utils|brew/],
  ["qemu-system-x86_64", /qemu-system-x86|brew/],
  ["qemu-system-aarch64", /qemu-efi-aarch64|brew/],
])("%s that is not there is named, with what brings it", (program, hint) => {
  const check = () => checkProgram(program, () => undefined);
  expect(check).toThrowError(expect.objectContaining({ code: "qemu.missing", hint: expect.stringMatching(hint) }));
});
