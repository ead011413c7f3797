import { MachinistError } from "@machinist/core";
import type { OsRelease } from "../host/facts.ts";
import { alpine } from "./alpine.ts";
import { arch } from "./arch.ts";
import { debian } from "./debian.ts";
import type { Distro } from "./distro.ts";
import { redhat } from "./redhat.ts";
import { suse } from "./suse.ts";

export type { Distro, Installer } from "./distro.ts";
export { pick } from "./distro.ts";

export const DISTROS: readonly Distro[] = [debian, redhat, suse, arch, alpine];

/** The family a release belongs to, by its own ID, else by what it says it is like. Throws `provision.os-unsupported`. */
export function distroOf(os: OsRelease): Distro {
  for (const id of [os.id, ...os.like]) {
    const found = DISTROS.find(({ ids }) => ids.includes(id)) ?? DISTROS.find(({ name }) => name === id);
    if (found) return found;
  }
  throw new MachinistError(
    "provision.os-unsupported",
    `No way is known to install Docker on ${os.name || "this system"}`,
    {
      hint: "Install Docker on the host yourself and set `engine.install: none`, or give the https URL of an install script.",
    },
  );
}
