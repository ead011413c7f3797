import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Call, type Kind, MachinistError } from "@machinist/core";
import type { BaseState } from "./base.ts";
import { media } from "./listing.ts";
import type { Places } from "./places.ts";
import type { Program } from "./program.ts";

/** `base` is the id of the disk it is a difference to; `size` in MiB. */
export type DiskProps = { base: string; size: number };
/** `base` is the path of the disk it is a difference to. */
export type DiskState = { path: string; uuid: string; size: number; base: string };

/** A machine's own disk: at first only the difference to its base, which is nothing. */
export function diskKind(program: Program, places: Places): Kind<DiskProps, DiskState> {
  const baseOf = ({ id, props, seen }: Call<DiskProps>): BaseState => {
    const base = seen[props.base] as BaseState | undefined;
    if (base) return base;
    throw new MachinistError("virtualbox.parent", `${id} needs ${props.base}, which is not there`);
  };
  const look = async (call: Call<DiskProps>, path: string): Promise<DiskState | undefined> => {
    const header = await readHeader(path);
    return header && { path, ...header, base: (call.seen[call.props.base] as BaseState | undefined)?.path ?? "" };
  };
  const grow = async (call: Call<DiskProps>, path: string, size: number): Promise<void> => {
    if (call.props.size < size) throw tooSmall(call.props.size, size);
    if (call.props.size === size) return;
    await program.run(["modifymedium", "disk", path, "--resize", String(call.props.size)], call);
  };
  return {
    read: (call) => look(call, call.state?.path ?? places.disk(call)),
    async create(call) {
      const path = places.disk(call);
      const base = baseOf(call);
      if (call.props.size < base.capacity) throw tooSmall(call.props.size, base.capacity);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // What a request that was killed left unreadable was nobody's disk yet.
      const there = await look(call, path).catch(() => rm(path, { force: true }).then(() => undefined));
      if (!there)
        await program.run(
          ["createmedium", "disk", "--filename", path, "--diffparent", base.path, "--format", "VDI"],
          call,
        );
      await grow(call, path, there?.size ?? base.capacity);
      const made = await look(call, path);
      if (made) return made;
      throw new MachinistError("virtualbox.vanished", `The disk ${path} disappeared`, { retryable: true });
    },
    async update(call) {
      await openBase(program, call.state, call.signal);
      await grow(call, call.state.path, call.state.size).catch((thrown) => {
        if (!(thrown instanceof MachinistError) || thrown.code !== "virtualbox.locked") throw thrown;
        throw new MachinistError("virtualbox.running", "A disk can be grown only while its machine is off", {
          cause: thrown,
          hint: "Stop the machine first: machinist stop NAME",
        });
      });
      return { ...call.state, size: call.props.size };
    },
    async delete({ state, signal }) {
      const known = media(await program.run(["list", "hdds"], { signal })).some(({ path }) => path === state.path);
      if (known) await program.run(["closemedium", "disk", state.path, "--delete"], { signal });
      // With its machine VirtualBox has forgotten it: only the file is left.
      else await rm(state.path, { force: true });
    },
    drift: (state, props) => (state.size < props.size ? ["size"] : []),
    immutable: ["base"],
  };
}

/** VirtualBox opens no disk whose base it does not know, and it forgets a base that nothing registered stands on. */
export async function openBase(program: Program, { base }: DiskState, signal: AbortSignal): Promise<void> {
  await program.run(["showmediuminfo", "disk", base], { signal });
}

const tooSmall = (size: number, least: number): MachinistError =>
  new MachinistError("virtualbox.disk-size", `A disk of ${size} MB cannot hold what is ${least} MB already`, {
    hint: `Ask for at least ${least}: --virtualbox-disk-size ${least}`,
  });

/** The format's own header (VDICore.h in VirtualBox's sources): size in bytes at 0x170, UUID at 0x188. */
async function readHeader(path: string): Promise<{ uuid: string; size: number } | undefined> {
  const file = await open(path, "r").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw new MachinistError("virtualbox.disk", `The disk ${path} cannot be read (${thrown.code})`, {
      cause: thrown,
      hint: "Check who may read it",
    });
  });
  try {
    const { bytesRead, buffer } = (await file?.read(Buffer.alloc(512), 0, 512, 0)) ?? {};
    if (!buffer) return undefined;
    if (bytesRead === 512 && buffer.readUInt32LE(0x40) === 0xbeda107f)
      return {
        uuid: guid(Buffer.from(buffer.subarray(0x188, 0x198))),
        size: Math.floor(Number(buffer.readBigUInt64LE(0x170)) / 2 ** 20),
      };
  } finally {
    await file?.close();
  }
  throw new MachinistError("virtualbox.disk", `${path} is not a disk any more`, {
    hint: "Restore the file, or remove the machine: machinist rm -f NAME",
  });
}

/** As VirtualBox writes UUIDs: the first three numbers little-endian. */
const guid = (bytes: Buffer): string =>
  [
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8, 10),
    bytes.subarray(10),
  ]
    .map((part) => part.toString("hex"))
    .join("-");
