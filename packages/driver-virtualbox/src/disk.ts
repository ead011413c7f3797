import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Call, type Clock, isMachinistError, MachinistError, type ResourceType } from "@machinist/core";
import { type BaseState, withBase } from "./base.ts";
import { media } from "./listing.ts";
import { chainNow } from "./moved.ts";
import { isOff, type Places } from "./paths.ts";
import { shutDown } from "./power.ts";
import type { Program } from "./program.ts";
import { readMachineInfo } from "./read-machine.ts";
import { readHeader } from "./vdi.ts";

/** `base` is the id of what it is a difference to; `image` changes with what is on that. `size` in MiB. */
export type DiskProps = { image: string; base: string; size: number };
/** `chain`: the disks below it, which may be others than those of a disk that is made today. */
export type DiskState = { path: string; uuid: string; size: number; chain: string[] };

/** A machine's own disk: at first only the difference to its base, which is nothing. */
export function diskKind(program: Program, places: Places, clock: Clock): ResourceType<DiskProps, DiskState> {
  const see = async (
    call: Call<DiskProps> & { state?: DiskState | undefined },
    path: string,
  ): Promise<DiskState | undefined> => {
    const header = await readHeader(path);
    const base = call.dependencies[call.props.base] as BaseState | undefined;
    return header && { path, ...header, chain: await chainNow(call.state?.chain ?? base?.chain ?? [], places) };
  };
  return {
    read: (call) => see(call, places.disk(call, call.state?.path)),
    async create(call) {
      const { id, props, dependencies, signal } = call;
      const path = places.disk(call);
      const { chain } = (dependencies[props.base] ?? {}) as Partial<BaseState>;
      if (!chain)
        throw new MachinistError("virtualbox.parent", `${id} needs ${props.base}, which is not there`, {
          hint: "Run the same command again",
        });
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // What a request that was killed left unreadable was nobody's disk yet.
      const there = await see(call, path).catch(() => rm(path, { force: true }).then(() => undefined));
      const create = [
        "createmedium",
        "disk",
        "--filename",
        path,
        "--diffparent",
        chain.at(-1) ?? "",
        "--format",
        "VDI",
      ];
      if (!there) await withBase(program, chain, () => program.run(create, { signal }));
      const made = there ?? (await see(call, path));
      if (made) return made;
      throw new MachinistError("virtualbox.vanished", `The disk ${path} disappeared`, {
        retryable: true,
        hint: "Run the same command again",
      });
    },
    async check({ state, props }) {
      if (props.size < state.size)
        throw new MachinistError(
          "virtualbox.disk-shrink",
          `The disk has ${state.size} MB and cannot shrink to ${props.size}`,
          { hint: `Give --virtualbox-disk-size ${state.size} or more, or remove the machine and create it again` },
        );
    },
    async update(call) {
      const { props, state, signal } = call;
      if (props.size <= state.size) return state;
      // It grows only while its machine is off, which its machine's own turn, coming next, starts again.
      const uuid = await userOf(program, state, signal);
      const user = uuid === undefined ? undefined : await readMachineInfo(program, uuid, signal);
      if (uuid !== undefined && user && !isOff(user)) {
        call.log("Its machine is stopped so that the disk can grow");
        await shutDown(program, { uuid, signal }, clock, call.log);
      }
      const grow = ["modifymedium", "disk", state.path, "--resize", String(props.size)];
      await withBase(program, state.chain, () => program.run(grow, { signal }));
      return { ...state, size: props.size };
    },
    requiresRestart: ["size"],
    async delete({ state, signal }) {
      const known = media(await program.run(["list", "hdds"], { signal })).map(({ path }) => path);
      if (known.includes(state.path)) await program.run(["closemedium", "disk", state.path, "--delete"], { signal });
      // With its machine VirtualBox has forgotten it: only the file is left.
      else await rm(state.path, { force: true });
      // Its base is forgotten, and stays where it is, once no other disk stands on it.
      for (const path of [...state.chain].reverse().filter((each) => known.includes(each)))
        await program.run(["closemedium", "disk", path], { signal }).catch((thrown) => {
          if (!isMachinistError(thrown) || !stillUsed.includes(thrown.code)) throw thrown;
        });
    },
    drift: (state, props) => (state.size < props.size ? ["size"] : []),
    requiresReplace: ["image"],
  };
}

/** What closing a base fails with where other disks stand on it, or where another end was quicker. */
const stillUsed = ["virtualbox.command", "virtualbox.base", "virtualbox.locked"];

/** The UUID of the machine that a disk is attached to. */
async function userOf(program: Program, { path, chain }: DiskState, signal: AbortSignal): Promise<string | undefined> {
  const text = await withBase(program, chain, () => program.run(["showmediuminfo", "disk", path], { signal }));
  return /^In use by VMs: .*?\(UUID: ([0-9a-f-]{36})\)/m.exec(text)?.[1];
}
