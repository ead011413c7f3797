import { writeFileSync } from "node:fs";

/**
 * A guest that needs no system: it waits for the power button, as QEMU's PCs show it by ACPI (event block at 0x600), and
 * then switches itself off. In 16-bit assembly:
 *
 * ```
 *        sti; movw $0x602,%dx; movw $0x0100,%ax; outw %ax,%dx       # enable the button
 * again: hlt; movw $0x600,%dx; inw %dx,%ax; testb $1,%ah; jz again  # pressed?
 *        movw $0x604,%dx; movw $0x2000,%ax; outw %ax,%dx; jmp again # sleep type S5: off
 * ```
 */
const CODE = "fbba0206b80001eff4ba0006edf6c40174f6ba0406b80020efebed";

/** A raw disk of one MiB that boots it. */
export function writeButtonDisk(path: string): void {
  const disk = Buffer.alloc(2 ** 20);
  disk.write(CODE, "hex");
  disk.writeUInt16LE(0xaa55, 510);
  writeFileSync(path, disk);
}
