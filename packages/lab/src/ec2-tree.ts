import { spawn } from "node:child_process";
import { accessSync, existsSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lockFile } from "@machinist/core";
import { imageCache } from "./run-folder.ts";

const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const treeOf = (): string => join(imageCache(), "moto-sid");

/** Why the EC2 server cannot be had here, in a few words; undefined where it can. */
export function ec2Unavailable(): string | undefined {
  if (process.platform !== "linux") return `moto runs in a Debian tree, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "needs root, to run moto in a Debian tree";
  const tools = ["chroot", "setpriv", ...(existsSync(treeOf()) ? [] : ["mmdebstrap"])];
  const missing = tools.filter((tool) => !folders.some((folder) => isThere(`${folder}/${tool}`)));
  return missing.length > 0 ? `missing programs: ${missing.join(", ")}` : undefined;
}

/** A Debian tree with moto in it, built once (half a minute) and kept with the images. */
export async function motoTree(): Promise<string> {
  const tree = treeOf();
  const lock = await lockFile(`${tree}.lock`, { waitMs: 900_000, what: "the tree of moto" });
  try {
    if (!existsSync(tree)) {
      const building = `${tree}.building`;
      await rm(building, { recursive: true, force: true });
      await build(building);
      await rename(building, tree);
    }
    writeFileSync(join(tree, "amis.json"), JSON.stringify(images));
    return tree;
  } finally {
    await lock.release();
  }
}

/** Debian's packages of moto are in sid only; its index may be older than apt likes. */
function build(folder: string): Promise<void> {
  const argv = [
    ...["--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"'],
    ...["--include=python3-moto,python3-flask,python3-flask-cors", "sid", folder],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("mmdebstrap", argv, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => {
      said = (said + text).slice(-2000);
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`mmdebstrap ended with ${code}: ${said}`))));
  });
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The images there are: two of each system, so that the newest is to be found. */
const images = (["amd64", "arm64"] as const).flatMap((architecture) =>
  ["20260301", "20261001"].flatMap((date) => [
    image(`debian-13-${architecture}-${date}-1`, "136693071363", architecture, date, "/dev/xvda"),
    image(`debian-12-${architecture}-${date}-1`, "136693071363", architecture, date, "/dev/xvda"),
    image(ubuntu("noble-24.04", architecture, date), "099720109477", architecture, date, "/dev/sda1"),
    image(ubuntu("jammy-22.04", architecture, date), "099720109477", architecture, date, "/dev/sda1"),
  ]),
);

function ubuntu(release: string, architecture: string, date: string): string {
  return `ubuntu/images/hvm-ssd-gp3/ubuntu-${release}-${architecture}-server-${date}`;
}

function image(name: string, owner: string, architecture: "amd64" | "arm64", date: string, device: string) {
  const digits = Buffer.from(`${name}`)
    .reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)
    .toString(16)
    .padStart(8, "0");
  return {
    ami_id: `ami-0${digits}00000000`,
    name,
    owner_id: owner,
    description: name,
    architecture: architecture === "amd64" ? "x86_64" : "arm64",
    creation_date: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00.000Z`,
    state: "available",
    public: true,
    image_location: `amazon/${name}`,
    image_type: "machine",
    root_device_type: "ebs",
    root_device_name: device,
    virtualization_type: "hvm",
    hypervisor: "xen",
    sriov: "simple",
  };
}
