/**
 * A guest that only the real thing can run: 196 bytes of a boot sector that enter long mode with paging on, ask CPUID,
 * take an exception through an interrupt table, and leave with exit code 33 by the port of `isa-debug-exit`. In assembly:
 *
 * ```
 *         cli; xorw %ax,%ax; ds = es = ss = 0; movw $0x7000,%sp
 *         clear 0x1000…0x3fff; PML4[0] = 0x2003; PDPT[0] = 0x3003; PD[0] = 0x83 (2 MiB, identity)
 *         IDT[6] (#UD) at 0x5060 → handler; lgdt; lidt
 *         CR4.PAE = 1; CR3 = 0x1000; EFER.LME = 1; CR0.PE = CR0.PG = 1; ljmp $8,$long
 * long:   64-bit data segments and stack; xorl %eax,%eax; cpuid; ud2
 * hang:   hlt; jmp hang
 * handler: movw $0xf4,%dx; movb $0x10,%al; outb %al,%dx; jmp hang
 * gdt:    null; 64-bit code; data
 * ```
 */
const CODE =
  "fa31c08ed88ec08ed0bc0070bf00106631c0b90018fcf3abc70600100320c70600200330c70600308300c7066050967cc706" +
  "62500800c7066450008e66a3665066a36a500f0116b87c0f011ebe7c0f20e00c200f22e066b8001000000f22d866b9800000" +
  "c00f3280cc010f300f20c0660d010000800f22c0ea7d7c0800b8100000008ed88ed048c7c40070000031c00fa20f0bf4ebfd" +
  "66baf400b010eeebf490000000000000000000000000009a200000000000009200001700a07c00007f0000500000";

export const probeExit = 33;

/** A disk of 1 MiB with the guest in its first sector. */
export function probeDisk(code: string = CODE): Uint8Array {
  const disk = Buffer.alloc(1 << 20);
  disk.write(code, "hex");
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
