import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { type Data, MachinistError } from "@machinist/core";
import { checkImage } from "@machinist/images";
import { findProgram } from "@machinist/programs";
import { judgeAccel } from "./accel.ts";
import { parseForward } from "./argv.ts";
import { firmwareOf } from "./firmware.ts";
import { archOf, sourceOf } from "./image.ts";
import { portTaken, readUserData } from "./machine.ts";
import type { Places } from "./paths.ts";
import { isFree } from "./ports.ts";
import { type Arch, binaryOf } from "./probe.ts";

/** A machine's own changes come on top of its image; with less than this its Docker could hardly be installed. */
const LEAST_FREE_BYTES = 2 ** 30;

/** What stands in the way of a machine, found before anything is made. */
export async function check(places: Places, folder: string, options: Data, signal: AbortSignal): Promise<void> {
  const arch = archOf(options.arch);
  if (String(options.image).startsWith("debian:") && arch !== "x86_64")
    throw new MachinistError("qemu.arch", "Disks are built here from Debian packages for x86_64 only", {
      hint: "Leave the option image out: Debian's cloud image is there for arm64 too",
    });
  for (const program of [binaryOf(arch), "qemu-img"]) checkProgram(program);
  await firmwareOf(arch);
  await checkImage(sourceOf(options), places.images, signal, places.sharedImages);
  checkMemory(Number(options.memory));
  await checkDisk(folder);
  if (options["user-data"]) await readUserData(String(options["user-data"]));
  for (const text of Array.isArray(options.publish) ? options.publish.map(String) : []) await checkForward(text);
  await checkAccel(arch, String(options.accel), places.cache, signal);
}

/** The Debian packages of the programs. */
const PACKAGES: { readonly [program: string]: string } = {
  "qemu-img": "qemu-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm qemu-efi-aarch64",
};

export function checkProgram(program: string, find: (name: string) => string | undefined = findProgram): void {
  if (find(program) !== undefined) return;
  throw new MachinistError("qemu.missing", `The program ${program} is not on this computer`, {
    hint: process.platform === "darwin" ? "brew install qemu" : `apt-get install ${PACKAGES[program]}`,
  });
}

function checkMemory(mebibytes: number): void {
  const most = Math.floor(totalmem() / 2 ** 20);
  if (mebibytes <= most) return;
  throw new MachinistError("qemu.memory", `The machine cannot have ${mebibytes} MiB: this computer has ${most} MiB`, {
    hint: "Give the option memory a smaller number",
  });
}

async function checkDisk(folder: string): Promise<void> {
  let existing = folder;
  for (;;) {
    const disk = await statfs(existing).catch(() => undefined);
    if (disk && disk.bavail * disk.bsize >= LEAST_FREE_BYTES) return;
    if (disk || existing === dirname(existing))
      throw new MachinistError("qemu.disk-space", `${existing} has less than 1 GiB left, which a machine needs`, {
        hint: "Free some space, or choose another folder with --storage-path",
      });
    existing = dirname(existing);
  }
}

async function checkForward(text: string): Promise<void> {
  const { port, guestPort, address, protocol } = parseForward(text);
  for (const each of [port, guestPort])
    if (each < 1 || each > 65_535)
      throw new MachinistError("qemu.port", `${each} in ${JSON.stringify(text)} is not a port`, {
        hint: "Ports are 1 to 65535, for example publish 8080:80",
      });
  if (protocol === "tcp" && !(await isFree(port, address))) throw portTaken(port);
}

async function checkAccel(arch: Arch, asked: string, cacheDir: string, signal: AbortSignal): Promise<void> {
  if (asked === "auto" || asked === "tcg") return;
  const { accel, reason } = await judgeAccel(arch, cacheDir, signal);
  if (accel === asked) return;
  throw new MachinistError(
    "qemu.accel",
    `${asked} cannot run this machine here: ${reason || `it is ${accel} that can`}`,
    {
      hint: "Leave the option accel out: then the fastest way that works is taken",
    },
  );
}
