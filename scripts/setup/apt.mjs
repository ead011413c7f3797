import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "./child.mjs";
import { isRoot, Refusal, say, workDir } from "./clone.mjs";

/** What real hosts need on this machine: to boot them, to build their base, to give them a network, to reach them. */
export const hostTools = ["systemd-container", "mmdebstrap", "openssh-client", "iproute2", "iptables"];

/** What tests need beside them: terminals, virtual machines and their disks, and others' readers of what we write. */
export const testTools = [
  "tmux",
  "qemu-system-x86",
  "qemu-utils",
  "e2fsprogs",
  "fdisk",
  "genisoimage",
  "xorriso",
  "golang-go",
  ...["zsh", "fish", "tcsh"],
];

const quietApt = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };

/**
 * @param {readonly string[]} names
 * @returns {Promise<string[]>} those that are not installed; one question, as dpkg-query answers for all it knows
 */
async function notInstalled(names) {
  const { output } = await run("dpkg-query", ["-W", "-f=${binary:Package} ${db:Status-Status}\n", ...names], {
    quiet: true,
  });
  const installed = new Set(output.split("\n").map((line) => line.replace(/(?::\S+)? installed$/, "")));
  return names.filter((name) => !installed.has(name));
}

/** Debian and its children have apt; elsewhere we say what is missing and go on. */
export const hasApt = () => existsSync("/usr/bin/apt-get");

/**
 * Install Debian packages that are missing. Recommended packages stay out, so that no service starts by itself.
 * @param {readonly string[]} names
 * @returns {Promise<string[]>} those that are still missing, because this is not root or not Debian
 */
export async function ensureDebianPackages(names) {
  if (!hasApt()) return [...names];
  const missing = await notInstalled(names);
  if (missing.length === 0 || !isRoot) return missing;
  say(`Installing Debian packages: ${missing.join(" ")}`);
  const install = ["install", "-y", "-q", "--no-install-recommends", ...missing];
  const first = await run("apt-get", install, { quiet: true, env: quietApt, minutes: 10 });
  if (first.code === 0) return [];
  // Lists may be missing or old on a fresh machine.
  await must("apt-get", ["update", "-q"], { env: quietApt, minutes: 5 });
  await must("apt-get", install, { env: quietApt, minutes: 10 });
  return [];
}

/**
 * One file out of a Debian package that is not to be installed (busybox-static would push busybox out).
 * @param {string} name Debian package
 * @param {string} path of the file inside it
 * @returns {Promise<string>} where the file is now, below .work/debian
 */
export async function fileOfDebianPackage(name, path) {
  const folder = join(workDir, "debian", name);
  const file = join(folder, "tree", path);
  if (existsSync(file)) return file;
  if (!hasApt()) throw new Refusal(`${name} is a Debian package, and there is no apt-get here.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  say(`Fetching ${path} of Debian's ${name} into .work/debian`);
  const download = ["download", "-q", "-o", "APT::Sandbox::User=root", name];
  const first = await run("apt-get", download, { quiet: true, cwd: folder, env: quietApt, minutes: 5 });
  if (first.code !== 0) {
    await must("apt-get", ["update", "-q"], { env: quietApt, minutes: 5 });
    await must("apt-get", download, { cwd: folder, env: quietApt, minutes: 5 });
  }
  const archive = readdirSync(folder).find((entry) => entry.endsWith(".deb"));
  if (archive === undefined) throw new Refusal(`apt-get download ${name} brought no package.`);
  await must("dpkg-deb", ["-x", archive, "tree"], { cwd: folder });
  return file;
}
