import { type DockerKey, type DockerOptionType, dockerKeys } from "@machinist/options";
import type { Schema } from "./schema-type.ts";

const word: Schema = { type: "string", minLength: 1, maxLength: 1000 };
export const words: Schema = { type: ["array", "null"], items: word };
const scalar: Schema = { type: ["string", "number", "boolean", "null"] };
export const scalars: Schema = { type: ["object", "null"], additionalProperties: scalar };

const byType: { readonly [type in Exclude<DockerOptionType, "object">]: Schema } = {
  text: word,
  texts: words,
  pairs: scalars,
  number: { type: ["integer", "null"] },
  switch: { type: ["boolean", "null"] },
};

function schemaOf({ type, description, minimum, since }: DockerKey): Schema {
  return {
    ...byType[type],
    ...(minimum === undefined ? {} : { minimum }),
    description: since === undefined ? description : `${description} (Docker ${since} or newer)`,
  };
}

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
    ...Object.fromEntries(dockerKeys.map((option) => [option.key, schemaOf(option)])),
    options: { description: "Any other keys of daemon.json, taken as they are", type: ["object", "null"] },
    sans: { ...words, description: "More names and addresses for the server certificate" },
    hostname: { description: "Set the host's name to the machine's", type: "boolean", default: true },
  },
};
