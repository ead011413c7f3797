import { type Distro, pick } from "./distro.ts";

/** Alpine: OpenRC instead of systemd, Docker in the community archive. */
export const alpine: Distro = {
  name: "alpine",
  ids: ["alpine", "postmarketos"],
  locked: /Unable to lock database/,

  async distribution(installer) {
    const repositories = await installer.run(["cat", "/etc/apk/repositories"]);
    const main = repositories.split("\n").find((line) => /^https?:\/\/\S+\/main$/.test(line.trim()));
    if (main !== undefined && !/^[^#\n]*\/community$/m.test(repositories)) {
      const more = main.trim().replace(/\/main$/, "/community");
      await installer.write("/etc/apk/repositories", `${repositories.trimEnd()}\n${more}\n`);
    }
    await installer.run(["apk", "update", "--quiet"]);
    let name = "docker";
    if (installer.version !== undefined) {
      const listed = (await installer.attempt(["apk", "list", "--quiet", "docker"])) ?? "";
      const versions = [...listed.matchAll(/^docker-(\d\S*)/gm)].map(([, version = ""]) => version);
      const found = pick(versions, installer.version);
      if (found === undefined) return false;
      name = `docker=${found}`;
    }
    await installer.run(["apk", "add", "--quiet", "--wait", "60", name, "docker-cli-compose", "docker-openrc"]);
    await installer.run(["rc-update", "-q", "add", "docker", "default"]);
    return true;
  },
};
