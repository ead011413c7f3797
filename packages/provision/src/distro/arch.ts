import { type Distro, found, pick } from "./distro.ts";

/** Arch Linux and what is built on it: one version, the newest. */
export const arch: Distro = {
  name: "arch",
  ids: ["arch", "archarm", "manjaro", "endeavouros"],
  locked: /unable to lock database/,

  conflicts: (output) => found(output, /are in conflict.*Remove (\S+)\?/g),

  async distribution(installer) {
    // A partial upgrade breaks Arch, so what is there is brought up to date in the same transaction.
    await installer.run(["env", "LC_ALL=C", "pacman", "-Sy", "--noconfirm", "--noprogressbar"]);
    if (installer.version !== undefined) {
      const listed = (await installer.attempt(["env", "LC_ALL=C", "pacman", "-Si", "docker"])) ?? "";
      const version = /^Version\s*:\s*(\S+)/m.exec(listed)?.[1];
      if (version === undefined || pick([version], installer.version) === undefined) return false;
    }
    await installer.run([
      ...["env", "LC_ALL=C", "pacman", "-Su", "--noconfirm", "--noprogressbar", "--needed"],
      ...["docker", "docker-compose", "docker-buildx"],
    ]);
    return true;
  },
};
