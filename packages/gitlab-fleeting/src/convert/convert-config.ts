import { type Data, type DriverModule, type Json, shape } from "@machinist/core";
import { openMachinist } from "@machinist/fleet";
import { stringify } from "smol-toml";
import { notRight, readRunners } from "../config-file.ts";
import { convertOptions } from "./machine-options.ts";
import { convertPolicies } from "./policies.ts";
import { withVariables } from "./secret-values.ts";

export interface ConvertOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Drivers that need not be looked up. */
  readonly drivers?: readonly DriverModule[];
}

/** One runner's new keys. */
export interface Converted {
  readonly runner: string;
  /** TOML, to be put in the place of `executor` and `[runners.machine]`. No secret is in it. */
  readonly toml: string;
  /** What has no counterpart, or has to be done besides. */
  readonly notes: readonly string[];
}

const done = new Set(["MachineDriver", "MachineName", "MachineOptions", "MaxBuilds", "MaxGrowthRate", "autoscaling"]);
const idle = /^(Idle(Count|CountMin|Time|ScaleFactor)|OffPeak(Periods|Timezone|IdleCount|IdleTime))$/;

/** The runners of a config.toml with executor `docker+machine`, for `docker-autoscaler`. Throws `fleeting.config`, `driver.unknown`. */
export async function convertConfig(path: string, { env, drivers }: ConvertOptions): Promise<Converted[]> {
  const runners = (await readRunners(path, "convert")).filter(({ content }) => shape.isData(content.machine));
  if (runners.length === 0)
    throw notRight(
      `No runner in ${path} has a [runners.machine]`,
      "Give the old config.toml, with executor docker+machine",
    );
  const machinist = await openMachinist({ env, ...(drivers ? { drivers } : {}) });
  try {
    const converted: Converted[] = [];
    const names = new Set<string>();
    for (const { name, content } of runners) {
      const machine = content.machine as Data;
      const driver = typeof machine.MachineDriver === "string" ? machine.MachineDriver : "";
      if (driver === "")
        throw notRight(`Runner ${name} names no MachineDriver`, "docker+machine could not use it either");
      const module = await machinist.driver(await machinist.nameOfDockerMachine(driver));
      converted.push(convertRunner(name, content, module, names));
    }
    return converted;
  } finally {
    await machinist[Symbol.asyncDispose]();
  }
}

function convertRunner(runner: string, content: Data, module: DriverModule, names: Set<string>): Converted {
  const machine = content.machine as Data;
  const given = Array.isArray(machine.MachineOptions)
    ? machine.MachineOptions.filter((each) => typeof each === "string")
    : [];
  const name = freeName(groupName(machine.MachineName), names);
  const { notes: ofOptions, ...found } = convertOptions(given, module);
  const ofSecrets: string[] = [];
  const options = withVariables(found.options, [name, "options"], ofSecrets, false) as Data;
  const engine = withVariables(found.engine, [name, "engine"], ofSecrets, true) as Data;
  const { policies, notes: ofPolicies } = convertPolicies(machine);
  const limit = typeof content.limit === "number" && content.limit > 0 ? content.limit : undefined;
  const plugin: Record<string, Json> = {
    ...{ name, driver: module.name, lease: "6h" },
    ...(limit === undefined ? {} : { max_size: limit }),
    ...(Object.keys(options).length > 0 ? { options } : {}),
    ...(Object.keys(engine).length > 0 ? { engine } : {}),
  };
  const autoscaler = {
    ...{ plugin: "fleeting-plugin-machinist", capacity_per_instance: 1 },
    max_use_count: typeof machine.MaxBuilds === "number" ? machine.MaxBuilds : 0,
    ...(limit === undefined ? {} : { max_instances: limit }),
    plugin_config: plugin,
    policy: policies,
  };
  const notes = [
    ...(content.executor === "docker+machine"
      ? []
      : [`executor was ${JSON.stringify(content.executor ?? "")}, not "docker+machine"`]),
    ...(limit === undefined ? ["without limit, plugin_config allows 100 machines at once (max_size)"] : []),
    ...(machine.MaxGrowthRate
      ? [
          "MaxGrowthRate is left out: [runners.autoscaler.scale_throttle] limits new machines by the second, if the driver's own limit is not enough",
        ]
      : []),
    ...Object.keys(machine)
      .filter((key) => !done.has(key) && !idle.test(key))
      .map((key) => `${key} has no counterpart`),
    ...ofOptions,
    ...ofSecrets,
    ...new Set(ofPolicies),
  ];
  return { runner, toml: stringify({ runners: [{ executor: "docker-autoscaler", autoscaler }] }), notes };
}

/** Two runners never share a group, though they could share a MachineName. */
function freeName(name: string, names: Set<string>): string {
  let free = name;
  for (let count = 2; names.has(free); count += 1) free = `${name.slice(0, 28)}-${count}`;
  names.add(free);
  return free;
}

/** `runner-%s` as the name of a group: 2 to 32 lower-case letters, digits and hyphens. */
function groupName(given: Json | undefined): string {
  const plain = String(typeof given === "string" ? given : "")
    .toLowerCase()
    .replaceAll("%s", "")
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 32)
    .replace(/-+$/, "");
  return plain.length >= 2 ? plain : "ci";
}
