import { createHash } from "node:crypto";

export interface Recipe {
  readonly packages: readonly string[];
  readonly mirror: string;
  /** Of the root file system: it is named in the boot loader and in fstab. */
  readonly uuid: string;
  readonly files: readonly DiskFile[];
  readonly script: string;
}

export interface DiskFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** A server with cloud-init, and what makes its disk boot and grow. */
const BASE = [
  ...["systemd", "systemd-sysv", "systemd-resolved", "dbus", "udev", "kmod", "procps", "ca-certificates", "curl"],
  ...["iproute2", "iptables", "openssh-server", "sudo", "cloud-init", "cloud-guest-utils", "fdisk", "e2fsprogs"],
  ...["linux-image-cloud-amd64", "initramfs-tools", "zstd", "grub-pc-bin", "grub-common"],
];

/** Timers that work when nobody wants them to, and waits that a machine with one network card need not make. */
const MASKED = [
  ...["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "man-db.timer"],
  ...["getty@tty1.service", "systemd-pstore.service", "e2scrub_reap.service", "systemd-networkd-wait-online.service"],
  // They bring up to date what the packages have just set up.
  ...["ldconfig.service", "systemd-journal-catalog-update.service", "systemd-update-done.service"],
  ...["modprobe@drm.service", "modprobe@efi_pstore.service", "sys-kernel-debug.mount", "sys-kernel-tracing.mount"],
];

/** What a hypervisor shows to a machine: virtio, and the SATA and IDE controllers of VirtualBox. */
const DISK_DRIVERS = ["virtio_pci", "virtio_blk", "virtio_scsi", "ahci", "ata_piix", "sd_mod", "sr_mod", "ext4"];

const INITRAMFS_HOOK = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
for each in ${DISK_DRIVERS.join(" ")}; do manual_add_modules "$each"; done
`;

/** Any network card asks for its address; one that cloud-init was told about is set up by that, which comes first. */
const NETWORK = `[Match]
Type=ether
Kind=!*

[Network]
DHCP=yes
`;

/** Only a seed beside the disk is looked for: asking the metadata services of clouds takes long, and none is here. */
const CLOUD = `datasource_list: [NoCloud, None]
apt: { preserve_sources_list: true }
manage_etc_hosts: localhost
network: { config: disabled }
`;

const bootLoader = (uuid: string): string => `set root=(hd0,msdos1)
linux /vmlinuz root=UUID=${uuid} ro console=tty0 console=ttyS0,115200n8 net.ifnames=0 quiet loglevel=4
initrd /initrd.img
boot
`;

/**
 * $1 work folder (with tree.tar), $2 UUID, $3 the disk to write. An ext4 partition at 1 MiB, and in the gap before it GRUB,
 * with all it needs to know inside: its first sector loads what follows it, so that both are just written in place. No
 * loop device and no mount, and with fakeroot no root either.
 */
const SCRIPT = `set -eu
cd "$1"
mkdir tree
tar -C tree --numeric-owner -xpf tree.tar
rm tree.tar
cd tree
rm -f etc/ssh/ssh_host_* etc/hostname var/lib/dbus/machine-id var/lib/systemd/random-seed
rm -rf var/lib/docker var/lib/containerd var/log/journal etc/docker/key.json var/lib/cloud
: > etc/machine-id
ln -sf ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf
mv var/lib/machinist-boot ../boot
cd ..
size=$(du -sm tree | cut -f 1)
size=$((size + size / 4 + 256))
[ $size -ge 2047 ] || size=2047
rm -f raw
truncate -s $((size + 1))M raw
printf 'start=2048, type=83, bootable\\n' | sfdisk --quiet --no-reread raw
mke2fs -q -F -t ext4 -O ^metadata_csum_seed -m 1 -L machinist -U "$2" -E offset=1048576,root_owner=0:0 -d tree raw "$size"M
[ $(stat -c %s boot/core.img) -lt 1000000 ]
dd if=boot/boot.img of=raw bs=440 count=1 conv=notrunc status=none
dd if=boot/core.img of=raw bs=512 seek=1 conv=notrunc status=none
rm -rf tree
qemu-img convert -f raw -O qcow2 raw "$3"
rm raw
`;

/** Everything that decides what a disk holds, packages' versions apart: another recipe, another name in the cache. */
export function recipeOf(release: string, source: { packages?: readonly string[]; mirror?: string }): Recipe {
  const extra = [...new Set(source.packages ?? [])].filter((name) => !BASE.includes(name)).sort();
  const mirror = source.mirror ?? "";
  const parts = { packages: [...BASE, ...extra], mirror, script: SCRIPT };
  const hex = createHash("sha256")
    .update(JSON.stringify([release, parts, filesFor(""), customize, dpkgOptions]))
    .digest("hex");
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return { ...parts, uuid, files: filesFor(uuid) };
}

const filesFor = (uuid: string): DiskFile[] => [
  { path: "etc/fstab", content: `UUID=${uuid} / ext4 errors=remount-ro 0 1\n`, mode: 0o644 },
  { path: "etc/initramfs-tools/conf.d/machinist", content: "MODULES=list\n", mode: 0o644 },
  { path: "etc/initramfs-tools/hooks/machinist", content: INITRAMFS_HOOK, mode: 0o755 },
  { path: "etc/systemd/network/90-any.network", content: NETWORK, mode: 0o644 },
  { path: "etc/cloud/cloud.cfg.d/10-machinist.cfg", content: CLOUD, mode: 0o644 },
  { path: "etc/ssh/sshd_config.d/10-machinist.conf", content: "UseDNS no\nPasswordAuthentication no\n", mode: 0o644 },
  { path: "etc/systemd/system.conf.d/10-machinist.conf", content: "[Manager]\nLogColor=no\n", mode: 0o644 },
  { path: "var/lib/machinist-boot/grub.cfg", content: bootLoader(uuid), mode: 0o644 },
];

/** Shell lines that mmdebstrap runs when all packages are there; $1 is the tree. Constant. */
export const customize: readonly string[] = [
  `ln -sf /usr/lib/systemd/system/multi-user.target "$1/etc/systemd/system/default.target"`,
  `for each in ${MASKED.join(" ")}; do ln -sf /dev/null "$1/etc/systemd/system/$each"; done`,
  `chroot "$1" systemctl enable -q systemd-networkd systemd-resolved ssh`,
  `chroot "$1" update-initramfs -u`,
  `chroot "$1" grub-mkimage -O i386-pc -p /boot/grub -c /var/lib/machinist-boot/grub.cfg -o /var/lib/machinist-boot/core.img biosdisk part_msdos ext2 linux`,
  `cp "$1/usr/lib/grub/i386-pc/boot.img" "$1/var/lib/machinist-boot/boot.img"`,
];

/** What a server has no reader for; it halves the time that unpacking takes. */
export const dpkgOptions: readonly string[] = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
];
