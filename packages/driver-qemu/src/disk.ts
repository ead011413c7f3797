import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Call, MachinistError, type ResourceType } from "@machinist/core";
import { inspectHeader } from "@machinist/images";
import { run } from "@machinist/programs";
import { followBase, noteBase } from "./base.ts";
import type { ImageState } from "./image.ts";
import { readInstance } from "./instance.ts";
import type { Places } from "./paths.ts";
import { ownerIn, qemuProcesses } from "./process.ts";
import { sendCommand } from "./qmp.ts";

/** `image`: id of what it stands on. */
export type DiskProps = { image: string; bytes: number };
export type DiskState = { path: string; bytes: number };

export const diskPath = (folder: string): string => join(folder, "disk.qcow2");

/** A disk of a machine's own: a qcow2 that holds only what differs from its image, so it is there at once. */
export function diskKind(places: Places): ResourceType<DiskProps, DiskState> {
  /** While a machine runs, its QEMU alone may write to the disk. It may have been started where the store was before. */
  const growRunning = async ({ id, owner, props }: Call<DiskProps>): Promise<boolean> => {
    const holder = (await qemuProcesses()).find(({ command }) => command.includes(`/${diskPath(owner)}"`));
    const machine = holder && ownerIn(holder.command);
    const instance = machine === undefined ? undefined : await readInstance(places.folder(id, machine));
    return (
      instance !== undefined && sendCommand(instance.socket, "block_resize", { "node-name": "disk", size: props.bytes })
    );
  };
  const at = async (call: Call<DiskProps> & { state?: DiskState | undefined }): Promise<string> =>
    diskPath(await places.locate(call, call.state && dirname(call.state.path)));
  return {
    read: async (call) => readState(await at(call)),
    async create(call) {
      const path = await at(call);
      const image = call.dependencies[call.props.image] as ImageState | undefined;
      if (!image)
        throw new MachinistError("qemu.parent", `${call.id} needs ${call.props.image}, which is not there`, {
          hint: "Run the same command again: what is missing is created first",
        });
      const there = await readState(path);
      if (there) return there;
      const { bytes } = call.props;
      await inspectHeader(image.path);
      if (bytes < image.virtualBytes) throw tooSmall(bytes, image.virtualBytes);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = await newDraft(path);
      await run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-b", image.path, "-F", image.format, draft, String(bytes)],
        call,
      );
      await noteBase(path, image.digest);
      await rename(draft, path);
      return { path, bytes };
    },
    async check({ state, props }) {
      if (props.bytes >= state.bytes) return;
      const [asked, there] = [mebibytes(props.bytes), mebibytes(state.bytes)];
      throw new MachinistError("qemu.disk-shrink", `The disk has ${there} MiB and cannot shrink to ${asked}`, {
        hint: `Set disk-size to ${there} or more, or remove the machine and create it again`,
      });
    },
    async update(call) {
      const [path, { bytes }] = [await at(call), call.state];
      if (call.props.bytes <= bytes) return { path, bytes };
      if (!(await growRunning(call))) {
        await followBase(path, places.images, call);
        await run(["qemu-img", "resize", "-q", "-f", "qcow2", path, String(call.props.bytes)], call);
      }
      call.log("The disk has grown; a cloud image takes the new space into use at its next start");
      return { path, bytes: call.props.bytes };
    },
    delete: async (call) => rm(dirname(await at(call)), { recursive: true, force: true }),
    drift: (state, props) => (state.bytes >= props.bytes ? [] : ["bytes"]),
    requiresReplace: ["image"],
    consistencyWindowMs: 0,
  };
}

/**
 * Where a disk is written before it is whole. The name is this process's own: a program that one which was killed left behind may
 * still hold its draft locked. Drafts of before are removed.
 */
async function newDraft(path: string): Promise<string> {
  const [folder, name] = [dirname(path), basename(path)];
  const before = (await readdir(folder)).filter((each) => each.startsWith(`${name}.`) && each.endsWith(".new"));
  await Promise.all(before.map((each) => rm(join(folder, each), { force: true })));
  return `${path}.${process.pid}-${randomUUID().slice(0, 8)}.new`;
}

const tooSmall = (asked: number, there: number) =>
  new MachinistError(
    "qemu.disk-size",
    `The disk cannot have ${mebibytes(asked)} MiB: what is on it has ${mebibytes(there)} MiB`,
    { hint: `Set disk-size to ${mebibytes(there)} or more` },
  );

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** Its size as a machine sees it stands in its header. */
async function readState(path: string): Promise<DiskState | undefined> {
  const file = await open(path, "r").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
    throw new MachinistError("qemu.disk", `The disk ${path} cannot be read (${thrown.code})`, { cause: thrown });
  });
  if (!file) return undefined;
  try {
    const head = Buffer.alloc(32);
    const { bytesRead } = await file.read(head, 0, 32, 0);
    if (bytesRead < 32 || head.toString("latin1", 0, 4) !== "QFI\xfb")
      throw new MachinistError("qemu.disk", `${path} is no disk any more`, {
        hint: "Restore it, or remove its machine and create it again",
      });
    return { path, bytes: Number(head.readBigUInt64BE(24)) };
  } finally {
    await file.close();
  }
}
