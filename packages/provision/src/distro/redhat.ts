import { type Distro, found, type Installer, pick } from "./distro.ts";

const DNF = ["env", "LC_ALL=C", "dnf", "-q", "-y"];
/** Without --allowerasing, and with what would be replaced by name a conflict as well: nothing is removed. */
const INSTALL = [...DNF, "--setopt=obsoletes=0", "install"];
const REPO = "/etc/yum.repos.d/docker-ce.repo";
const PACKAGES = ["docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin"];

/** Fedora and Red Hat's family. Only Fedora and Amazon Linux have a Docker of their own; the others come with Podman. */
export const redhat: Distro = {
  name: "redhat",
  ids: ["fedora", "rhel", "centos", "rocky", "almalinux", "ol", "amzn"],
  locked: /waiting for process with pid|Failed to obtain the transaction lock|Existing lock/i,

  conflicts: (output) => found(output, /problem with installed package (\S+)/g),

  async distribution(installer) {
    const name = installer.os.id === "fedora" ? "moby-engine" : installer.os.id === "amzn" ? "docker" : undefined;
    if (name === undefined) return false;
    const pin = await pinned(installer, name);
    if (pin === undefined) return false;
    if (name === "docker") installer.warn(`${installer.os.name} has no compose v2; compose files cannot be used there`);
    const rest = name === "docker" ? [] : ["docker-cli", "docker-compose"];
    await installer.run([...INSTALL, pin, ...rest]);
    return true;
  },

  async repository(installer) {
    const folder = REPOSITORIES[installer.os.id] ?? (installer.os.like.includes("fedora") ? "centos" : undefined);
    if (folder === undefined) return false;
    const base = `https://download.docker.com/linux/${folder}`;
    await installer.write(
      REPO,
      [
        "[docker-ce-stable]",
        "name=Docker CE Stable",
        `baseurl=${base}/$releasever/$basearch/stable`,
        "enabled=1",
        "gpgcheck=1",
        `gpgkey=${base}/gpg`,
        "",
      ].join("\n"),
    );
    const pin = await pinned(installer, "docker-ce");
    if (pin === undefined) return false;
    await installer.run([...INSTALL, pin, ...PACKAGES]);
    return true;
  },
};

/** Docker's archive has a folder for these; clones of RHEL use CentOS's. Amazon Linux is not among them. */
const REPOSITORIES: { readonly [id: string]: string | undefined } = {
  fedora: "fedora",
  rhel: "rhel",
  centos: "centos",
  rocky: "centos",
  almalinux: "centos",
  ol: "centos",
};

/** `name`, or `name-VERSION` for the version that was asked for; undefined where there is no such version. */
async function pinned({ version, attempt }: Installer, name: string): Promise<string | undefined> {
  if (version === undefined) return name;
  const query = ["repoquery", "--available", "--queryformat", "%{version}-%{release}\\n", name];
  const versions = ((await attempt([...DNF, ...query])) ?? "").split("\n").filter(Boolean).reverse();
  const chosen = pick(versions, version);
  return chosen && `${name}-${chosen}`;
}
