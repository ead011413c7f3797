import { join } from "node:path";
import { type Accel, type Arch, binaryOf } from "./probe.ts";

/** `address` empty: all of this computer's. */
export interface Forward {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  readonly guestPort: number;
}

export interface Hardware {
  readonly owner: string;
  readonly folder: string;
  readonly disk: string;
  readonly socket: string;
  readonly arch: Arch;
  readonly accel: Accel;
  readonly firmware: string;
  readonly cpus: number;
  readonly memory: number;
  readonly forwards: readonly Forward[];
}

/** In QEMU's option syntax a comma ends a value. */
const plain = (text: string): string => text.replaceAll(",", ",,");

/** Newer ARM computers have only the newer interrupt controller for their guests. */
const machineType = (arch: Arch, accel: Accel): string =>
  arch === "x86_64" ? "q35" : accel === "kvm" ? "virt,gic-version=max" : "virt";

const rule = ({ protocol, address, port, guestPort }: Forward): string =>
  `hostfwd=${protocol}:${address}:${port}-:${guestPort}`;

/** Everything QEMU is told. Paths of disks go as JSON, which can hold any character. Pure. */
export function qemuArgv(hardware: Hardware): string[] {
  const { owner, folder, arch, accel } = hardware;
  const block = (name: string, driver: string, filename: string, more: object) =>
    JSON.stringify({ "node-name": name, driver, ...more, file: { driver: "file", filename, ...more } });
  const emulated = accel === "tcg";
  return [
    binaryOf(arch),
    ...["-name", `guest=machinist-${owner}`, "-nodefaults", "-no-user-config", "-display", "none"],
    ...["-machine", machineType(arch, accel)],
    ...["-accel", emulated ? "tcg,thread=multi" : accel, "-cpu", emulated ? "max" : "host"],
    ...(hardware.firmware === "" ? [] : ["-bios", hardware.firmware]),
    ...["-smp", String(hardware.cpus), "-m", String(hardware.memory)],
    ...["-device", "virtio-rng-pci"],
    ...["-blockdev", block("disk", "qcow2", hardware.disk, { discard: "unmap" })],
    ...["-device", "virtio-blk-pci,drive=disk,bootindex=0"],
    ...["-blockdev", block("seed", "raw", seedPath(folder), { "read-only": true })],
    ...["-device", "virtio-blk-pci,drive=seed"],
    ...["-netdev", ["user,id=net", ...hardware.forwards.map(rule)].join(",")],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
    ...["-chardev", `file,id=console,path=${plain(consolePath(folder))},append=on`, "-serial", "chardev:console"],
    ...[
      "-chardev",
      `socket,id=qmp,path=${plain(hardware.socket)},server=on,wait=off`,
      "-mon",
      "chardev=qmp,mode=control",
    ],
    ...["-pidfile", pidPath(folder), "-daemonize"],
  ];
}

export const seedPath = (folder: string): string => join(folder, "seed.iso");
export const consolePath = (folder: string): string => join(folder, "console.log");
export const pidPath = (folder: string): string => join(folder, "pid");

/** `[ADDRESS:]PORT:MACHINEPORT[/udp]`; without an address only this computer itself can reach it. */
export function parseForward(text: string): Forward {
  const [ports = "", protocol = "tcp"] = text.split("/");
  const parts = ports.split(":");
  const [port, guestPort] = parts.slice(-2).map(Number) as [number, number];
  return {
    protocol: protocol as Forward["protocol"],
    address: parts.length === 3 ? (parts[0] ?? "") : "127.0.0.1",
    port,
    guestPort,
  };
}
