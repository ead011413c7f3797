import { type Distro, type Installer, pick } from "./distro.ts";

const APT = [
  "env",
  "LC_ALL=C",
  "DEBIAN_FRONTEND=noninteractive",
  "apt-get",
  "-q",
  "-y",
  "-o",
  "DPkg::Lock::Timeout=60",
];
const INSTALL = [...APT, "-o", "Dpkg::Options::=--force-confold", "install", "--no-remove", "--no-install-recommends"];
const KEYRING = "/etc/apt/keyrings/docker.asc";
const SOURCES = "/etc/apt/sources.list.d/docker.sources";

/** Debian, Ubuntu and what is built on them. */
export const debian: Distro = {
  name: "debian",
  ids: ["debian", "ubuntu", "raspbian"],
  locked: /Could not get lock|Unable to (acquire|lock) |is held by process/,
  conflicts: (output) =>
    /remove is disabled/.test(output)
      ? (/packages will be REMOVED:\n((?: .*\n)+)/
          .exec(output)?.[1]
          ?.trim()
          .split(/[\s*]+/)
          .filter(Boolean) ?? [])
      : [],
  repair: { when: /dpkg was interrupted/, run: ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a"] },

  async distribution(installer) {
    await installer.run([...APT, "update"]);
    const versions = await available(installer, "docker.io");
    // apt-get update succeeds where a mirror does not answer; without a package that is worth an error of its own.
    if (versions.length === 0) await installer.run([...APT, "-o", "APT::Update::Error-Mode=any", "update"]);
    const version = installer.version === undefined ? versions[0] : pick(versions, installer.version);
    if (version === undefined) return false;
    const pinned = installer.version === undefined ? "docker.io" : `docker.io=${version}`;
    await installer.run([...INSTALL, "--allow-downgrades", pinned, ...companions(installer), "ca-certificates"]);
    return true;
  },

  async repository(installer) {
    const { os } = installer;
    const family = isUbuntu(installer) ? "ubuntu" : "debian";
    if (!os.codename) return false;
    await installer.run([...APT, "update"]);
    await installer.run([...INSTALL, "ca-certificates", "curl"]);
    await installer.run(["install", "-m", "0755", "-d", "/etc/apt/keyrings"]);
    await installer.fetch(`https://download.docker.com/linux/${family}/gpg`, KEYRING);
    const architecture = (await installer.run(["dpkg", "--print-architecture"])).trim();
    await installer.write(
      SOURCES,
      [
        "Types: deb",
        `URIs: https://download.docker.com/linux/${family}`,
        `Suites: ${os.codename}`,
        "Components: stable",
        `Architectures: ${architecture}`,
        `Signed-By: ${KEYRING}`,
        "",
      ].join("\n"),
    );
    await installer.run([...APT, "update"]);
    const versions = await available(installer, "docker-ce");
    const version = installer.version === undefined ? versions[0] : pick(versions, installer.version);
    if (version === undefined) return false;
    const pin = installer.version === undefined ? "" : `=${version}`;
    const packages = [`docker-ce${pin}`, `docker-ce-cli${pin}`, "containerd.io", "docker-compose-plugin"];
    await installer.run([...INSTALL, "--allow-downgrades", ...packages, "docker-buildx-plugin"]);
    return true;
  },
};

/** The versions of a package that could be installed, best first. */
async function available(installer: Installer, name: string): Promise<string[]> {
  const listed = (await installer.attempt(["apt-cache", "madison", name])) ?? "";
  return listed
    .split("\n")
    .map((line) => line.split("|").map((field) => field.trim()))
    .filter(([found]) => found === name)
    .map(([, version = ""]) => version);
}

/** The packages beside docker.io: its client, where that is a package of its own, and compose v2, where there is one. */
function companions(installer: Installer): string[] {
  if (isUbuntu(installer)) return ["docker-compose-v2"];
  const release = installer.os.id === "debian" || installer.os.id === "raspbian" ? installer.os.version : "";
  if (release === "" || Number.parseInt(release, 10) >= 13) return ["docker-cli", "docker-compose"];
  installer.warn(
    `${installer.os.name} has no compose v2; where compose files are used, choose \`engine.install: repository\``,
  );
  return [];
}

const isUbuntu = ({ os }: Installer): boolean => os.id === "ubuntu" || os.like.includes("ubuntu");
