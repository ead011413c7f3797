import type { OptionSchema, OptionsSchema } from "@machinist/core";

type More = Omit<Partial<OptionSchema>, "type" | "description">;

/** One option; `env` is the name of its variable without `VIRTUALBOX_`, or empty. */
const option =
  (type: OptionSchema["type"], group: string, preset: NonNullable<OptionSchema["default"]>) =>
  (description: string, env = "", more: More = {}): OptionSchema => ({
    type,
    description,
    default: preset,
    "x-group": group,
    ...(env === "" ? {} : { "x-env": `VIRTUALBOX_${env}` }),
    ...(type === "array" ? { items: { type: "string" } } : {}),
    ...more,
  });

const text = (group: string, preset = "") => option("string", group, preset);
const flag = (group: string) => option("boolean", group, false);
const list = (group: string) => option("array", group, []);
const number = (group: string, preset: number) => option("integer", group, preset);

const [machine, image, network, old] = ["Machine", "Image", "Network", "For old command lines"];
const unused = (why: string): More => ({ "x-unused": why });
const nics: More = { enum: ["82540EM", "82543GC", "82545EM", "Am79C970A", "Am79C973", "virtio"] };

/** All there is to say about the options: flags, manifest, help and forms come from it. */
export const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    memory: number(machine, 1024)("Memory in MB; changed in place by a restart", "MEMORY_SIZE", { minimum: 256 }),
    "cpu-count": number(machine, 1)("Processors; -1 for all there are; changed in place by a restart", "CPU_COUNT", {
      minimum: -1,
      maximum: 64,
    }),
    "disk-size": number(machine, 20000)(
      "Size of the disk in MB; can be grown in place, for which the machine is stopped",
      "DISK_SIZE",
      {
        minimum: 64,
      },
    ),
    "ui-type": text(machine, "headless")("How it is shown on this computer", "UI_TYPE", {
      enum: ["gui", "sdl", "headless", "separate"],
    }),
    "no-vtx-check": flag(machine)("Do not look whether the processor can run virtual machines", "NO_VTX_CHECK"),
    "share-folder": text(machine)(
      "Folder of this computer to share, as DIR:NAME; mount it inside as type vboxsf",
      "SHARE_FOLDER",
      { pattern: "^(.+:[^:/\\\\]+)?$" },
    ),

    image: text(image, "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2")(
      "Disk image with cloud-init: https URL, path, or debian:RELEASE to build one here",
      "IMAGE",
      { pattern: "^\\S.*$" },
    ),
    "image-checksum": text(image)(
      "sha256:HEX, sha512:HEX, or URL of a SHA256SUMS or SHA512SUMS file; default: the one beside the image",
      "IMAGE_CHECKSUM",
    ),
    "image-package": list(image)("A further Debian package of an image that is built here", "IMAGE_PACKAGE"),
    "image-mirror": text(image)("apt mirror that an image is built from", "IMAGE_MIRROR"),
    "ssh-user": text(image, "debian")("The image's user that cloud-init sets up", "SSH_USER", {
      pattern: "^[a-z_][a-z0-9_-]*$",
    }),
    "user-data": text(image)("File with user-data of your own for cloud-init", "USER_DATA", { format: "path" }),

    publish: list(network)("Further ports of the machine on 127.0.0.1, as HOST:GUEST", "PUBLISH", {
      items: { type: "string", pattern: "^\\d{1,5}:\\d{1,5}$" },
    }),
    "nat-nictype": text(network, "virtio")("Type of the network adapter", "NAT_NICTYPE", nics),
    "host-dns-resolver": flag(network)("Resolve names as this computer does", "HOST_DNS_RESOLVER"),
    "no-dns-proxy": flag(network)("Do not pass the machine's DNS requests on", "NO_DNS_PROXY"),
    "hostonly-cidr": text(network)(
      "This computer's address in a host-only network, as 192.168.56.1/24: machines reach each other there",
      "HOSTONLY_CIDR",
      {
        pattern: "^(\\d{1,3}(\\.\\d{1,3}){3}/24)?$",
      },
    ),
    "hostonly-nictype": text(network, "virtio")("Type of the host-only adapter", "HOSTONLY_NIC_TYPE", nics),
    "hostonly-nicpromisc": text(network, "deny")("Promiscuous mode of the host-only adapter", "HOSTONLY_NIC_PROMISC", {
      enum: ["deny", "allow-vms", "allow-all"],
    }),
    "bridge-adapter": text(network)("Network adapter of this computer to be bridged to", "BRIDGE_ADAPTER"),

    "boot2docker-url": text(old)(
      "Boot2Docker image",
      "BOOT2DOCKER_URL",
      unused("Boot2Docker is not maintained any more; choose an image instead"),
    ),
    "import-boot2docker-vm": text(old)(
      "Boot2Docker machine to import",
      "BOOT2DOCKER_IMPORT_VM",
      unused("Boot2Docker is not maintained any more"),
    ),
    "no-share": flag(old)(
      "Do not share the home folder",
      "NO_SHARE",
      unused("No folder is shared unless share-folder names it"),
    ),
    "hostonly-no-dhcp": flag(old)(
      "No DHCP on the host-only network",
      "HOSTONLY_NO_DHCP",
      unused("Host-only addresses are fixed; no DHCP server gives them"),
    ),
  },
};
