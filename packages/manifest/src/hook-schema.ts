import { hookEvents } from "@machinist/core";
import { durationPattern } from "@machinist/options";
import type { Schema } from "./schema-type.ts";

/** A time such as `30s`, `1h30m`, `2d`. */
export const duration: Schema = {
  type: "string",
  maxLength: 40,
  pattern: durationPattern,
  "x-pattern": "a time such as 30s, 1h30m or 2d",
};

const text: Schema = { type: "string", minLength: 1, maxLength: 4096 };
const texts: Schema = { type: "array", items: text, minItems: 1 };
const event: Schema = { type: "string", enum: hookEvents };
const variable: Schema = {
  type: "string",
  maxLength: 200,
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
  "x-pattern": "the name of an environment variable",
};
const url: Schema = {
  type: "string",
  maxLength: 4096,
  pattern: "^https?://[^\\s/]+",
  "x-pattern": "an http:// or https:// URL",
};
const hostsOn: Schema = { anyOf: [text, texts], description: "local, machines, or names of machines and groups" };

/** The keys of which a hook has exactly one: what it does. */
export const actionKeys = ["run", "module", "container", "hosts", "ssh-config", "contexts", "webhook"] as const;
export type ActionKey = (typeof actionKeys)[number];

export const hookSchema: Schema = {
  description: "What is done on events",
  type: "object",
  additionalProperties: false,
  oneOf: actionKeys.map((key) => ({ required: [key] as const })),
  properties: {
    name: { ...text, maxLength: 100, description: "What it is called in messages; by default after what it does" },
    on: { description: "An event, or a list of them", anyOf: [event, { type: "array", items: event, minItems: 1 }] },
    when: {
      type: "string",
      enum: ["before", "after"],
      default: "after",
      description: "Before it happens, or after it has",
    },
    run: { description: "A program, or a list of it and its arguments; no shell", anyOf: [text, texts] },
    module: { ...text, description: "An ES module (./hook.mjs) or npm package with a function as default export" },
    container: {
      description: "An image that docker runs",
      anyOf: [
        text,
        {
          type: "object",
          additionalProperties: false,
          required: ["image"],
          properties: {
            image: { ...text, description: "The image" },
            command: { ...texts, description: "Its arguments" },
            machine: { ...text, description: "The machine whose docker runs it; by default this computer's" },
          },
        },
      ],
    },
    hosts: {
      description: "Keep a block of the fleet's names in hosts files: local, machines, or names of machines and groups",
      anyOf: [
        text,
        texts,
        {
          type: "object",
          additionalProperties: false,
          required: ["on"],
          properties: { on: hostsOn, file: { ...text, description: "The file, where it is not /etc/hosts" } },
        },
      ],
    },
    "ssh-config": {
      description: "Keep a file for OpenSSH's Include: true (~/.ssh/machinist/FLEET), or the file",
      type: ["boolean", "string"],
      minLength: 1,
    },
    contexts: { description: "Keep a docker context per machine", type: "boolean" },
    webhook: {
      description: "POST the event as JSON to a URL",
      anyOf: [
        url,
        {
          type: "object",
          additionalProperties: false,
          required: ["url"],
          properties: {
            url: { ...url, description: "Where to" },
            "secret-env": { ...variable, description: "The variable with the secret that the body is signed with" },
          },
        },
      ],
    },
    timeout: { ...duration, default: "30s", description: "How long one attempt may take" },
    retries: { type: "integer", minimum: 0, maximum: 100, default: 0, description: "How often it is tried again" },
    "on-failure": {
      type: "string",
      enum: ["warn", "fail", "ignore"],
      default: "warn",
      description: "warn: say so; fail: veto (before) or fail the run and try again in the next (after); ignore",
    },
  },
};
