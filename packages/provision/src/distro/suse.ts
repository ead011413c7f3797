import { type Distro, found, pick } from "./distro.ts";

const ZYPPER = ["env", "LC_ALL=C", "zypper", "--non-interactive", "--quiet"];

/** openSUSE and SLES. Docker's own archive serves SUSE on s390x only, so there is no `repository`. */
export const suse: Distro = {
  name: "suse",
  ids: ["opensuse-leap", "opensuse-tumbleweed", "opensuse-slowroll", "sles", "sled"],
  locked: /System management is locked/,

  conflicts: (output) => found(output, /deinstallation of (?:\S+:)?(\S+)/g),

  async distribution(installer) {
    await installer.run([...ZYPPER, "--gpg-auto-import-keys", "refresh"]);
    let name = "docker";
    if (installer.version !== undefined) {
      const listed = (await installer.attempt([...ZYPPER, "search", "--details", "--match-exact", "docker"])) ?? "";
      const versions = listed.split("\n").map((line) => line.split("|")[3]?.trim() ?? "");
      const chosen = pick(versions.filter(Boolean), installer.version);
      if (chosen === undefined) return false;
      name = `docker=${chosen}`;
    }
    await installer.run([...ZYPPER, "install", "--no-force-resolution", "--no-recommends", name, "docker-compose"]);
    return true;
  },
};
