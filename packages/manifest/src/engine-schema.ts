import type { Schema } from "./schema-type.ts";

const word: Schema = { type: "string", minLength: 1, maxLength: 1000 };
export const words: Schema = { type: ["array", "null"], items: word };
const scalar: Schema = { type: ["string", "number", "boolean", "null"] };
export const scalars: Schema = { type: ["object", "null"], additionalProperties: scalar };

/** What is asked of Docker. Keys are docker's own words. */
export const engineSchema: Schema = {
  description: "Docker on these machines; false: machines without Docker",
  type: ["object", "boolean", "null"],
  additionalProperties: false,
  properties: {
    install: {
      description:
        "Where Docker comes from: auto, repository (docker's own), distribution, none (it is there), or an https URL of an install script",
      type: "string",
      pattern: "^(auto|repository|distribution|none|https://[^\\s]+)$",
      "x-pattern": "auto, repository, distribution, none, or an https:// URL",
      default: "auto",
    },
    version: {
      description: "Version of Docker or its beginning, where the source can pin one",
      type: ["string", "number"],
      pattern: "^[0-9][0-9A-Za-z.:~+-]*$",
      "x-pattern": "a version such as 28.2",
    },
    port: { description: "TCP port of the TLS socket", type: "integer", minimum: 1, maximum: 65535, default: 2376 },
    labels: { ...scalars, description: "Labels of the engine" },
    dns: { ...words, description: "DNS servers of containers" },
    "insecure-registries": { ...words, description: "Registries that may be talked to without TLS" },
    "registry-mirrors": { ...words, description: "Mirrors of Docker Hub" },
    "storage-driver": { ...word, description: "Storage driver, for example overlay2" },
    "log-driver": { ...word, description: "Default log driver of containers" },
    "log-options": { ...scalars, description: "Options of the log driver" },
    env: { ...scalars, description: "Environment of the daemon, for example proxies" },
    options: { description: "Any other keys of daemon.json, taken as they are", type: ["object", "null"] },
    sans: { ...words, description: "More names and addresses for the server certificate" },
    hostname: { description: "Set the host's name to the machine's", type: "boolean", default: true },
  },
};
