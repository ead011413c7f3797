import type { OptionSchema, OptionsSchema } from "@machinist/core";

type More = Omit<OptionSchema, "type" | "description">;

const option = (group: string, type: OptionSchema["type"], env: string, description: string, more: More) =>
  ({ type, description, ...more, "x-env": `QEMU_${env}`, "x-group": group }) satisfies OptionSchema;

const text = (group: string, env: string, description: string, more: More = {}) =>
  option(group, "string", env, description, { default: "", ...more });

const number = (group: string, env: string, description: string, more: More) =>
  option(group, "integer", env, description, more);

const list = (group: string, env: string, description: string, pattern: string) =>
  option(group, "array", env, description, { items: { type: "string", pattern }, default: [] });

export const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    image: text(
      "Image",
      "IMAGE",
      "Disk image: an https URL, a path, or debian:trixie to build one here; default: Debian 13's cloud image",
    ),
    "image-checksum": text(
      "Image",
      "IMAGE_CHECKSUM",
      "sha256:HEX, sha512:HEX or the URL of a SHA256SUMS file; default: the list beside the image",
    ),
    "image-package": list(
      "Image",
      "IMAGE_PACKAGE",
      "A further Debian package of a disk that is built here",
      "^[a-z0-9][a-z0-9+.-]*$",
    ),
    "image-mirror": text(
      "Image",
      "IMAGE_MIRROR",
      "URL of the apt mirror that a disk is built from; default: what this computer's apt uses",
      { pattern: "^(https?://\\S+)?$" },
    ),
    "ssh-user": text("Image", "SSH_USER", "The image's default user, who may use sudo", {
      pattern: "^[a-z_][a-z0-9_-]{0,31}$",
      default: "debian",
    }),
    "user-data": text("Image", "USER_DATA", "Path of a cloud-init user-data file for the first boot", {
      format: "path",
    }),
    cpus: number("Hardware", "CPUS", "Number of processors", { minimum: 1, maximum: 255, default: 2 }),
    memory: number("Hardware", "MEMORY", "Memory in MiB", { minimum: 64, default: 2048 }),
    "disk-size": number("Hardware", "DISK_SIZE", "Size of the disk in MiB; it can grow later, and takes what is used", {
      minimum: 1,
      default: 20480,
    }),
    arch: text("Hardware", "ARCH", "Architecture of the machine; auto is this computer's", {
      enum: ["auto", "x86_64", "arm64"],
      default: "auto",
    }),
    accel: text("Hardware", "ACCEL", "auto takes KVM or HVF where it really runs a guest, else emulation (tcg)", {
      enum: ["auto", "kvm", "hvf", "tcg"],
      default: "auto",
    }),
    publish: list(
      "Network",
      "PUBLISH",
      "A port of the machine to open on this computer, [ADDRESS:]PORT:MACHINEPORT[/udp]",
      "^((\\d{1,3}\\.){3}\\d{1,3}:)?\\d{1,5}:\\d{1,5}(/(tcp|udp))?$",
    ),
  },
};
