import { createHash } from "node:crypto";
import { cloudFiles } from "./cloud-init.ts";

export interface ImageSpec {
  /** Debian's code name. */
  readonly release: string;
  /** `docker`: with Docker installed. */
  readonly image: string;
  /** URL of an apt mirror; empty: Debian's own. */
  readonly mirror: string;
  /** More packages to have in it. */
  readonly packages?: readonly string[];
}

const BASE = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "sudo",
  "ca-certificates",
  "iproute2",
  "iptables",
  "curl",
  "udev",
  "procps",
];

/** Docker as each release has it; bookworm's docker-compose is the old Python one, which nothing here uses. */
const DOCKER: { readonly [release: string]: readonly string[] } = {
  trixie: ["docker.io", "docker-cli", "docker-compose", "docker-buildx"],
  bookworm: ["docker.io"],
};

export const packagesOf = (spec: ImageSpec): string[] => [
  ...BASE,
  ...(spec.image === "docker" ? (DOCKER[spec.release] ?? ["docker.io"]) : []),
  ...[...new Set(spec.packages ?? [])].sort(),
];

/**
 * Units that do nothing for a machine container but cost it time at boot, or that would reach out to the kernel which it
 * shares with its computer.
 */
export const MASKED = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "fstrim.timer",
  "man-db.timer",
  "console-getty.service",
  "getty@tty1.service",
  "getty-static.service",
  "dev-hugepages.mount",
  "proc-sys-fs-binfmt_misc.automount",
  "sys-fs-fuse-connections.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "modprobe@configfs.service",
  "modprobe@drm.service",
  "modprobe@efi_pstore.service",
  "modprobe@fuse.service",
  "sshd-keygen.service",
  "systemd-journal-catalog-update.service",
  "systemd-modules-load.service",
  "systemd-networkd-persistent-storage.service",
  "systemd-networkd-wait-online.service",
  "systemd-pstore.service",
  "systemd-udev-load-credentials.service",
  "systemd-udev-settle.service",
  "systemd-udev-trigger.service",
  "systemd-udevd.service",
  "systemd-update-done.service",
  "ldconfig.service",
] as const;

/**
 * With cgroup v1 the controllers come read-only into the container, and runc needs to write there. Nothing but Docker
 * waits for it. Only builtins decide, since each process counts when several machines boot at once.
 */
const CGROUP_UNIT = `[Unit]
Description=Make the control groups writable
DefaultDependencies=no
ConditionPathExists=!/sys/fs/cgroup/cgroup.controllers
Before=docker.service containerd.service multi-user.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'mount -o remount,rw,bind /sys/fs/cgroup; for each in /sys/fs/cgroup/*; do [ -L "$$each" ] || [ ! -e "$$each/tasks" ] || mount -o remount,rw,bind "$$each" || :; done'
`;

export interface ImageFile {
  readonly path: string;
  readonly content: string;
}

/** Files put into every new image. */
export const imageFiles: readonly ImageFile[] = [
  { path: "etc/systemd/system/machinist-cgroups.service", content: CGROUP_UNIT },
  { path: "etc/systemd/system.conf.d/10-machinist.conf", content: "[Manager]\nShowStatus=error\nLogColor=no\n" },
  { path: "etc/ssh/sshd_config.d/10-machinist.conf", content: "UseDNS no\nPasswordAuthentication no\n" },
  // Not even an empty line: systemd takes an empty file as "not set yet, and not the first boot either".
  { path: "etc/machine-id", content: "" },
];

export const filesOf = (spec: ImageSpec): readonly ImageFile[] => [
  ...imageFiles,
  ...cloudFiles(spec.release, packagesOf(spec)),
];

/** Symbolic links put into a new image: path → target. */
export const imageLinks: ReadonlyMap<string, string> = new Map([
  ...MASKED.map((unit): [string, string] => [`etc/systemd/system/${unit}`, "/dev/null"]),
  ["etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target"],
  [
    "etc/systemd/system/multi-user.target.wants/machinist-cgroups.service",
    "/etc/systemd/system/machinist-cgroups.service",
  ],
  [
    "etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
    "/usr/lib/systemd/system/systemd-networkd.service",
  ],
]);

/** What must be different on every machine, and so must not be in an image; a trailing `_` stands for any ending. */
export const NOT_SHARED = [
  "etc/ssh/ssh_host_",
  "etc/docker/key.json",
  "etc/hostname",
  "etc/resolv.conf",
  "var/lib/docker",
  "var/lib/containerd",
  "var/lib/dbus/machine-id",
  "var/log/journal",
] as const;

/** Name of the image's folder: another recipe, another name, so that an image in use is never changed. */
export function imageName(spec: ImageSpec): string {
  const recipe = [packagesOf(spec), [...imageLinks], filesOf(spec), NOT_SHARED, spec.mirror];
  const digest = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 8);
  return `${spec.release}-${spec.image}-${digest}`;
}

/**
 * What builds a tree. In a pid and mount namespace of its own that ends with us: nothing of it goes on, and nothing it
 * mounted stays, when this process is killed.
 */
export const buildArgv = (spec: ImageSpec, tree: string): string[] => [
  ...["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
  "mmdebstrap",
  "--mode=root",
  "--variant=minbase",
  "--format=directory",
  `--include=${packagesOf(spec).join(",")}`,
  spec.release,
  tree,
  ...(spec.mirror === "" ? [] : [spec.mirror]),
];
