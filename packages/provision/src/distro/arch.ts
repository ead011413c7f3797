import { type Distro, pick } from "./distro.ts";

/** Arch Linux and what is built on it: one version, the newest. */
export const arch: Distro = {
  name: "arch",
  ids: ["arch", "archarm", "manjaro", "endeavouros"],
  locked: /unable to lock database/,

  async distribution(installer) {
    // A partial upgrade breaks Arch, so what is there is brought up to date in the same transaction.
    await installer.run(["pacman", "-Sy", "--noconfirm", "--noprogressbar"]);
    if (installer.version !== undefined) {
      const listed = (await installer.attempt(["pacman", "-Si", "docker"])) ?? "";
      const found = /^Version\s*:\s*(\S+)/m.exec(listed)?.[1];
      if (found === undefined || pick([found], installer.version) === undefined) return false;
    }
    await installer.run([
      ...["pacman", "-Su", "--noconfirm", "--noprogressbar", "--needed"],
      ...["docker", "docker-compose", "docker-buildx"],
    ]);
    return true;
  },
};
