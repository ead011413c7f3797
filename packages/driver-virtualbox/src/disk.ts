import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Kind, MachinistError } from "@machinist/core";
import type { BaseState } from "./base.ts";
import { type Medium, media } from "./listing.ts";
import { exists, type Places } from "./places.ts";
import type { Program } from "./program.ts";

/** `base` is the id of the disk it is a difference to; `size` in MiB. */
export type DiskProps = { base: string; size: number };
export type DiskState = { path: string; uuid: string; size: number };

/** A machine's own disk: at first only the difference to its base, which is nothing. */
export function diskKind(program: Program, places: Places): Kind<DiskProps, DiskState> {
  const look = async (path: string, signal: AbortSignal): Promise<(DiskState & { medium: Medium }) | undefined> => {
    if (!(await exists(path))) return undefined;
    const text = await program.find(["showmediuminfo", "disk", path], { signal });
    const medium = text === undefined ? undefined : media(text)[0];
    if (!medium) return undefined;
    if (medium.state === "inaccessible")
      throw new MachinistError("virtualbox.disk", `VirtualBox cannot read the disk ${path}: ${medium.problem}`, {
        hint: "Restore the file or the base disk that it stands on, or remove the machine: machinist rm -f NAME",
      });
    return { path, uuid: medium.uuid, size: medium.capacity, medium };
  };
  const grow = async (path: string, size: number, signal: AbortSignal): Promise<void> => {
    await program.run(["modifymedium", "disk", path, "--resize", String(size)], { signal });
  };
  const stateOf = ({ medium: _medium, ...state }: DiskState & { medium: Medium }): DiskState => state;

  return {
    async read(call) {
      const found = await look(call.state?.path ?? places.disk(call), call.signal);
      return found && stateOf(found);
    },
    async create(call) {
      const { props, signal } = call;
      const path = places.disk(call);
      const base = call.seen[props.base] as BaseState | undefined;
      if (!base) throw new MachinistError("virtualbox.parent", `${call.id} needs ${props.base}, which is not there`);
      refuseSmaller(props.size, base.capacity);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // What a request that was killed left unreadable was nobody's disk yet.
      const there = await look(path, signal).catch(() => rm(path, { force: true }).then(() => undefined));
      if (!there)
        await program.run(["createmedium", "disk", "--filename", path, "--diffparent", base.path, "--format", "VDI"], {
          signal,
        });
      if ((there?.size ?? base.capacity) < props.size) await grow(path, props.size, signal);
      const made = await look(path, signal);
      if (!made) throw new MachinistError("virtualbox.vanished", `The disk ${path} disappeared`, { retryable: true });
      return stateOf(made);
    },
    async update(call) {
      const { props, state, signal } = call;
      const found = await look(state.path, signal);
      refuseSmaller(props.size, found?.size ?? state.size);
      if (found && found.size < props.size) {
        if (found.medium.state !== "created")
          throw new MachinistError("virtualbox.running", "A disk can be grown only while its machine is off", {
            hint: "Stop the machine first: machinist stop NAME",
          });
        await grow(state.path, props.size, signal);
      }
      return { ...state, size: Math.max(props.size, state.size) };
    },
    async delete({ state, signal }) {
      if (!(await exists(state.path))) return;
      await program.run(["closemedium", "disk", state.path, "--delete"], { signal }).catch(async (thrown) => {
        const known = media(await program.run(["list", "hdds"], { signal })).some(({ path }) => path === state.path);
        if (known) throw thrown;
        // VirtualBox does not know it, and cannot read it (its base is gone): only the file is left.
        await rm(state.path, { force: true });
      });
    },
    drift: (state, props) => (state.size < props.size ? ["size"] : []),
    immutable: ["base"],
  };
}

function refuseSmaller(size: number, least: number): void {
  if (size < least)
    throw new MachinistError("virtualbox.disk-size", `A disk of ${size} MB cannot hold what is ${least} MB already`, {
      hint: `Ask for at least ${least}: --virtualbox-disk-size ${least}`,
    });
}
