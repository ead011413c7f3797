import { engineSchema, scalars, words } from "./engine-schema.ts";
import { duration, hookSchema } from "./hook-schema.ts";
import type { RootSchema, Schema } from "./schema-type.ts";

/** One or more labels as in a host name; with `-1000` after it, it still fits into 63 characters. */
export const groupName = "^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$";

const name: Schema = {
  type: "string",
  maxLength: 58,
  pattern: groupName,
  "x-pattern": "letters, digits, dots and dashes, with a letter or digit at both ends of each part",
};
const path: Schema = { type: "string", minLength: 1, maxLength: 4096 };
const paths: Schema = { type: "array", items: path, minItems: 1 };
const pathOrPaths: Schema = { anyOf: [path, paths] };
const driver: Schema = {
  type: "string",
  maxLength: 200,
  pattern: "^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$",
  "x-pattern": "the name of a driver",
};
const options: Schema = {
  description: "The driver's own options, named as its flags without the prefix",
  type: ["object", "null"],
};
const files = {
  file: { ...path, description: "The file, relative to this one" },
  files: { ...paths, description: "Several files: the base, then overrides" },
  "env-file": { ...pathOrPaths, description: "Files with variables for it" },
} as const;
const oneFile = { oneOf: [{ required: ["file"] }, { required: ["files"] }] } as const;
const role: Schema = { description: "Role in the fleet's Swarm", type: "string", enum: ["manager", "worker"] };

const swarm: Schema = {
  description: "Membership in the fleet's Swarm",
  type: "object",
  additionalProperties: false,
  required: ["role"],
  properties: {
    role,
    labels: { ...scalars, description: "Node labels" },
    availability: { type: "string", enum: ["active", "pause", "drain"], description: "Whether it takes tasks" },
    advertise: { ...path, maxLength: 255, description: "Address or interface that the other nodes reach" },
  },
};

const fleetSwarm: Schema = {
  description: "What holds for the fleet's Swarm as a whole",
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    autolock: {
      description: "A manager that starts needs the unlock key, which is kept in the store",
      type: "boolean",
    },
    "max-unavailable": {
      description: "How many of its machines may be out of service at once while they are changed",
      type: "integer",
      minimum: 1,
      maximum: 1000,
      default: 1,
    },
  },
};

const group: Schema = {
  description: "A group of equal machines: NAME-1 to NAME-COUNT",
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    count: { description: "How many", type: "integer", minimum: 0, maximum: 1000, default: 1 },
    driver: { ...driver, description: "Driver of this group, where it is not the fleet's" },
    options,
    zones: {
      description: "Zones that its machines are spread over: each gets one in turn as the driver's option zone",
      ...words,
      minItems: 1,
    },
    engine: { $ref: "#/definitions/engine" },
    swarm: {
      description: "Role in the fleet's Swarm, or more than that",
      anyOf: [role, { $ref: "#/definitions/swarm" }],
    },
    labels: { ...scalars, description: "Node labels in the Swarm" },
    lease: { ...duration, description: "How long its machines are wanted from their creation; then reap removes them" },
  },
};

const environment: Schema = {
  description: "Names of variables of your environment that its files may use",
  type: ["array", "null"],
  items: {
    type: "string",
    maxLength: 255,
    pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
    "x-pattern": "the name of a variable",
  },
};

const registries: Schema = {
  description: "Registries to be logged in to meanwhile, with your own logins on this computer: ghcr.io",
  type: ["array", "null"],
  items: {
    type: "string",
    maxLength: 255,
    pattern: "^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$",
    "x-pattern": "the name of a registry, as `docker login` takes it",
  },
};

const compose: Schema = {
  description: "A compose project, started after Docker and, unless it says otherwise, before Swarm",
  type: "object",
  additionalProperties: false,
  required: ["on"],
  ...oneFile,
  properties: {
    name: {
      description: "Name of the project; by default that of its file or folder",
      type: "string",
      maxLength: 63,
      pattern: "^[a-z0-9][a-z0-9_-]*$",
      "x-pattern": "lower-case letters, digits, dashes and underscores, a letter or digit first",
    },
    ...files,
    on: {
      description: "Where it runs: a machine, a group, all, or a list of these",
      anyOf: [path, { type: "array", items: path, minItems: 1 }],
    },
    profiles: { ...words, description: "Profiles to start" },
    env: environment,
    before: { description: "It is up before the Swarm is made, which is the default", type: "string", enum: ["swarm"] },
    after: {
      description: "What must be up first: swarm, or projects by name",
      anyOf: [path, { type: "array", items: path, minItems: 1 }],
    },
    wait: {
      description: "What what comes after it waits for: that its services are started, healthy, or have ended with 0",
      type: "string",
      enum: ["started", "healthy", "completed"],
      default: "healthy",
    },
    timeout: {
      description: "How long that may take, in seconds; by default 180, for completed 1200",
      type: "integer",
      minimum: 1,
      maximum: 3600,
    },
    steady: {
      description:
        "How long its services must stay up after they changed, in seconds; a health check's verdict ends it sooner",
      type: "integer",
      minimum: 1,
      maximum: 3600,
      default: 10,
    },
    registries,
    "overwrite-data": {
      description: "Replace carried files on the machine also where something there has written to them",
      type: "boolean",
      default: false,
    },
  },
};

const stack: Schema = {
  description: "A stack on the fleet's Swarm, deployed when all machines have joined",
  type: "object",
  additionalProperties: false,
  ...oneFile,
  properties: {
    ...files,
    env: environment,
    registries,
    steady: {
      description: "How long its services must stay up after they changed, in seconds",
      type: "integer",
      minimum: 1,
      maximum: 3600,
      default: 10,
    },
  },
};

/** JSON Schema (draft 7) of a manifest: what is checked here is what editors complete. */
export const manifestSchema: RootSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "machines.yaml",
  description: "Machines, Docker on them, a Swarm of them, and what runs there",
  type: "object",
  additionalProperties: false,
  patternProperties: { "^x-": { description: "Yours: for anchors, and for other programs" } },
  required: ["machines"],
  properties: {
    name: { ...name, description: "Name of the fleet; by default that of the folder" },
    driver: { ...driver, description: "Driver of all groups that name none" },
    options,
    engine: { $ref: "#/definitions/engine" },
    machines: {
      description: "Groups of machines by name",
      type: "object",
      propertyNames: name,
      additionalProperties: { $ref: "#/definitions/group" },
    },
    swarm: fleetSwarm,
    compose: { description: "Compose projects", type: ["array", "null"], items: { $ref: "#/definitions/compose" } },
    stacks: {
      description: "Stacks by name",
      type: ["object", "null"],
      propertyNames: {
        type: "string",
        maxLength: 63,
        pattern: "^[a-zA-Z0-9][a-zA-Z0-9_-]*$",
        "x-pattern": "letters, digits, dashes and underscores, a letter or digit first",
      },
      additionalProperties: { $ref: "#/definitions/stack" },
    },
    hooks: { description: "What is done on events", type: ["array", "null"], items: { $ref: "#/definitions/hook" } },
    contexts: { description: "Make docker contexts", type: "boolean", default: true },
    $schema: { description: "Where this schema is, for editors", type: "string" },
  },
  definitions: { engine: engineSchema, swarm, group, compose, stack, hook: hookSchema },
};
