import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver, EngineSpec, Json } from "@machinist/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandEntry, CommandModule, Draft } from "../packages/cli/src/command.ts";
import { addEngineFlags, type EngineFlags, engineOf as ofCreate } from "../packages/cli/src/engine-flags.ts";
import { parseCommand } from "../packages/cli/src/parse.ts";
import { parseFlags } from "../packages/docker-machine/src/argv/parse-flags.ts";
import { engineOf as ofDockerMachine } from "../packages/docker-machine/src/backend/request.ts";
import type { Call } from "../packages/docker-machine/src/command.ts";
import { create } from "../packages/docker-machine/src/commands/create.ts";
import { adopted } from "../packages/fleet/src/adopted.ts";
import type { Drivers } from "../packages/fleet/src/drivers.ts";
import { type MachineConfig, zeroEngine } from "../packages/machine-config/src/index.ts";
import { readManifest } from "../packages/manifest/src/index.ts";
import { type DockerOption, dockerOptions } from "../packages/options/src/index.ts";
import { engineProps } from "../packages/provision/src/index.ts";

/** A value of each type: as flags have it, and as daemon.json and manifests do. */
const samples: { readonly [type in Exclude<DockerOption["type"], "object">]: readonly (readonly [string[], Json])[] } =
  {
    text: [[["some-text"], "some-text"]],
    texts: [
      [["10.0.0.1"], ["10.0.0.1"]],
      [
        ["https://b.example", "a=b"],
        ["https://b.example", "a=b"],
      ],
    ],
    pairs: [
      [["A=b=c"], { A: "b=c" }],
      [["b=", "a=1"], { b: "", a: "1" }],
    ],
    number: [[["1400"], 1400]],
    switch: [
      [["true"], true],
      [["false"], false],
    ],
  };
/** Those of which each has a form of its own. */
const objects: { readonly [flag: string]: readonly (readonly [string[], Json])[] } = {
  "add-runtime": [[["mine=/usr/bin/mine"], { mine: { path: "/usr/bin/mine" } }]],
  "default-address-pool": [[["base=10.9.0.0/16,size=24"], [{ base: "10.9.0.0/16", size: 24 }]]],
  "default-network-opt": [[["bridge=a.b=1400"], { bridge: { "a.b": "1400" } }]],
  "default-ulimit": [[["core=-1"], { core: { Name: "core", Soft: -1, Hard: -1 } }]],
};

/** What machinist gives dockerd itself, and what dockerd has no flag for. */
const settable = dockerOptions.filter(({ flag, create }) => flag !== "host" && (flag ?? create));
const cases = settable.flatMap((option) =>
  (option.type === "object" ? objects[option.flag!]! : samples[option.type]).map(
    ([texts, value]) => [option.flag ?? option.key!, texts, value, option] as const,
  ),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-docker-options-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const context = { machine: "box-1", driver: "none" };
const props = (spec: EngineSpec | false) => engineProps(spec || {}, context);

/** `engine` of a manifest, here in its JSON. */
async function byManifest(engine: Json, group: Json = {}): Promise<EngineSpec | false> {
  const file = join(folder, "machines.json");
  await writeFile(file, JSON.stringify({ name: "demo", driver: "none", engine, machines: { box: { engine: group } } }));
  return (await readManifest([file], { env: {}, cwd: folder })).spec.machines[0]!.engine;
}

async function byCreate(words: readonly string[]): Promise<EngineSpec | false> {
  const module = { default: { declare: addEngineFlags } } as unknown as { default: CommandModule };
  const entry = { name: "create", summary: "Create machines" } as CommandEntry;
  const draft = { words, io: { stdout: {}, env: {} } } as unknown as Draft;
  const { invocation } = await parseCommand(entry, module.default, draft);
  return ofCreate(invocation.options as unknown as EngineFlags, {});
}

function byDockerMachine(words: readonly string[]): EngineSpec {
  const { values, given, problem } = parseFlags(words, create.flags, {});
  expect(problem).toBeUndefined();
  return ofDockerMachine({ flags: values, given, io: { env: {} } } as unknown as Call);
}

async function byConfig(engine: Partial<MachineConfig["HostOptions"]["EngineOptions"]>): Promise<unknown> {
  const HostOptions = { EngineOptions: { ...zeroEngine, ...engine }, AuthOptions: {}, SwarmOptions: {} };
  const config = { ConfigVersion: 3, Driver: {}, DriverName: "none", HostOptions, Name: "box-1" };
  await mkdir(join(folder, "machines", "box-1"), { recursive: true });
  await writeFile(join(folder, "machines", "box-1", "config.json"), JSON.stringify(config));
  const driver = { dockerMachine: { read: () => ({ options: {}, resources: [] }) } } as unknown as Driver;
  const none = { name: "none", options: { type: "object", properties: {}, additionalProperties: false } };
  const drivers = { nameOfDockerMachine: async () => "none", driver: async () => driver, module: async () => none };
  const record = await adopted(folder, "box-1", drivers as unknown as Drivers, {});
  return record?.resources["box-1/engine"]?.props;
}

describe("Docker's options", () => {
  test.each(cases)(
    "%s %j is the same in a manifest, as a flag of both programs and in config.json",
    async (...args) => {
      const [, texts, value, { key, daemonKey, flag, create, config, type }] = args;
      const viaOpt = texts.map((text) => `${flag}=${text}`);
      const words = create
        ? texts.map((text) => `--${create.flag}=${text}`)
        : viaOpt.map((opt) => `--engine-opt=${opt}`);
      const wanted = props(await byManifest(key ? { [key]: value } : { options: { [daemonKey!]: value } }));
      expect(wanted).not.toEqual(props({}));
      expect(props(await byCreate(words)), "create").toEqual(wanted);
      expect(props(byDockerMachine(words)), "docker-machine create").toEqual(wanted);
      if (config)
        expect(await byConfig({ [config]: type === "text" ? texts[0] : texts }), "config.json").toEqual(wanted);
      if (flag === undefined) return;
      expect(await byConfig({ ArbitraryFlags: viaOpt }), "ArbitraryFlags of config.json").toEqual(wanted);
      expect(props(await byCreate(viaOpt.map((opt) => `--engine-opt=${opt}`))), "--engine-opt").toEqual(wanted);
    },
  );

  const foldable = dockerOptions.filter(({ key, field }) => key && !field);
  test.each(foldable)("$key is what options.$daemonKey is, and a group may use either", async (option) => {
    const { key, daemonKey, type } = option as DockerOption & { key: string; daemonKey: string };
    const [[, value]] = samples[type as "number"] as [[string[], Json]];
    const wanted = { options: { [daemonKey]: value } };
    expect(await byManifest(wanted)).toEqual(wanted);
    expect(await byManifest({ [key]: value, options: { other: 1 } })).toEqual({
      options: { other: 1, ...wanted.options },
    });
    expect(await byManifest({ options: { [daemonKey]: "of the fleet" } }, { [key]: value })).toEqual(wanted);
    expect(await byManifest({ [key]: value }, { options: { [daemonKey]: "of the group" } })).toEqual({
      options: { [daemonKey]: "of the group" },
    });
    expect(props(await byManifest({ [key]: value }, { [key]: null }))).toEqual(props({}));
  });

  test("docker-machine's create has each flag that the table names, and each name stands there once", () => {
    const flags = create.flags.map(({ name }) => name);
    for (const { create, config } of dockerOptions) if (create && config) expect(flags).toContain(create.flag);
    const names = (of: (option: DockerOption) => readonly (string | undefined)[]) =>
      dockerOptions.flatMap(of).filter((name) => name !== undefined);
    for (const all of [
      names(({ flag, aliases }) => [flag, ...(aliases ?? [])]),
      names(({ daemonKey }) => [daemonKey]),
      names(({ key }) => [key]),
      names(({ config }) => [config]),
    ])
      expect(all).toEqual([...new Set(all)]);
    for (const { key, description } of dockerOptions) if (key) expect(description).toMatch(/^[A-Z].*[^.]$/);
  });
});
