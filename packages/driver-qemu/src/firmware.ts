import { access } from "node:fs/promises";
import { MachinistError } from "@machinist/core";
import type { Arch } from "./probe.ts";

/** UEFI for ARM, which has no other firmware: Debian's, Fedora's, openSUSE's, QEMU's own with its prefixes. */
const ARM_FIRMWARE = [
  "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
  "/usr/share/edk2/aarch64/QEMU_EFI.fd",
  "/usr/share/qemu/aavmf-aarch64-code.bin",
  "/usr/share/qemu/edk2-aarch64-code.fd",
  "/opt/homebrew/share/qemu/edk2-aarch64-code.fd",
  "/usr/local/share/qemu/edk2-aarch64-code.fd",
];

/** Path of the firmware to boot with; empty where QEMU's own will do. Throws `qemu.firmware`. */
export async function firmwareOf(arch: Arch): Promise<string> {
  if (arch === "x86_64") return "";
  for (const path of ARM_FIRMWARE) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new MachinistError("qemu.firmware", "There is no UEFI firmware for arm64 machines here", {
    hint: process.platform === "darwin" ? "brew install qemu" : "apt-get install qemu-efi-aarch64",
  });
}
