import type { OptionsSchema } from "@machinist/core";

export const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    release: {
      type: "string",
      description: "Debian release of the machine",
      enum: ["trixie", "bookworm"],
      default: "trixie",
      "x-env": "NSPAWN_RELEASE",
    },
    image: {
      type: "string",
      description: "Base image: bare (Docker is installed over SSH) or docker (Docker is in it already)",
      enum: ["bare", "docker"],
      default: "bare",
      "x-env": "NSPAWN_IMAGE",
    },
    mirror: {
      type: "string",
      description: "URL of the apt mirror that images are built from; default: what this computer's apt uses",
      pattern: "^(https?://\\S+)?$",
      default: "",
      "x-env": "NSPAWN_MIRROR",
    },
    packages: {
      type: "array",
      description: "More Debian packages to have in the image",
      items: { type: "string", pattern: "^[a-z0-9][a-z0-9.+-]+$" },
      default: [],
      "x-env": "NSPAWN_PACKAGES",
    },
    "user-data": {
      type: "string",
      description:
        "File with user-data for cloud-init, which must be one of packages; it is read once, for the first boot",
      format: "path",
      "x-env": "NSPAWN_USER_DATA",
    },
    memory: {
      type: "integer",
      description: "Most memory the machine may use, in MiB; 0 for no limit",
      minimum: 0,
      default: 0,
      "x-env": "NSPAWN_MEMORY",
    },
    cpus: {
      type: "number",
      description: "How many processors it may keep busy; 0 for no limit",
      minimum: 0,
      default: 0,
      "x-env": "NSPAWN_CPUS",
    },
  },
};
