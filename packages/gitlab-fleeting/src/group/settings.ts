import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Data, type MachineSpec, MachinistError, shape } from "@machinist/core";
import { type Problem, readManifest } from "@machinist/manifest";
import { didYouMean } from "@machinist/options";

/** `plugin_config` of config.toml, found right. */
export interface GroupSettings {
  /** Of the group, and what the names of its machines begin with. */
  readonly name: string;
  readonly maxSize: number;
  /** Default: as for every program of machinist. */
  readonly storagePath?: string;
  readonly machine: Pick<MachineSpec, "driver" | "options" | "engine" | "leaseMs">;
}

/** With six more characters and a hyphen it is a machine's name, and its network's and key's may be longer. */
const nameRule = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
/** Larger than any account's quota that has been heard of. */
const mostMachines = 10_000;
const defaultSize = 100;

/** What a group in machines.yaml says in these words, too. */
const ofMachines = ["driver", "options", "engine", "lease"] as const;
const keys = ["name", "max_size", "storage_path", ...ofMachines];

type Env = Readonly<Record<string, string | undefined>>;

/** Throws `fleeting.config`, which tells all that is wrong. */
export async function groupSettings(config: unknown, env: Env): Promise<GroupSettings> {
  if (!shape.isData(config)) throw wrong(["it must be a table"]);
  const problems = Object.keys(config)
    .filter((key) => !keys.includes(key))
    .map((key) => `there is no key ${JSON.stringify(key)}${didYouMean(key, keys) || `: there are ${keys.join(", ")}`}`);
  const { name, max_size: maxSize = defaultSize, storage_path: storagePath, driver } = config;
  if (typeof name !== "string" || !nameRule.test(name))
    problems.push(
      "name must be 2 to 32 lower-case letters, digits and hyphens, beginning with a letter: it names the group and its machines",
    );
  if (typeof driver !== "string" || driver === "") problems.push('driver must be a name, for example "digitalocean"');
  if (!shape.number(1, mostMachines)(maxSize) || !Number.isInteger(maxSize))
    problems.push(`max_size must be a whole number from 1 to ${mostMachines}`);
  if (storagePath !== undefined && (typeof storagePath !== "string" || !storagePath.startsWith("/")))
    problems.push("storage_path must be an absolute path");
  const declared = Object.fromEntries(ofMachines.flatMap((key) => (key in config ? [[key, config[key]]] : [])));
  const machine = await machineOf(declared as Data, env).catch((thrown: { problems?: readonly Problem[] }) => {
    if (thrown.problems === undefined) throw thrown;
    if (typeof driver === "string")
      problems.push(...thrown.problems.map(({ sentence }) => sentence.replace(/^machines\.machine\.?/, "")));
    return undefined;
  });
  if (problems.length > 0 || machine === undefined) throw wrong(problems);
  return {
    ...{ name: String(name), maxSize: Number(maxSize), machine },
    ...(typeof storagePath === "string" ? { storagePath } : {}),
  };
}

/** Judged by the very rules of machines.yaml, variables (`${NAME}`) included. */
async function machineOf(declared: Data, env: Env): Promise<GroupSettings["machine"]> {
  const folder = await mkdtemp(join(tmpdir(), "fleeting-"));
  try {
    const manifest = { name: "group", contexts: false, machines: { machine: declared } };
    await writeFile(join(folder, "machines.json"), JSON.stringify(manifest), { mode: 0o600 });
    const { spec } = await readManifest(["machines.json"], { cwd: folder, env });
    const { driver, options, engine, leaseMs } = spec.machines[0]!;
    return { driver, options, engine, ...(leaseMs === undefined ? {} : { leaseMs }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const wrong = (problems: readonly string[]): MachinistError =>
  new MachinistError("fleeting.config", `plugin_config in config.toml is not right: ${problems.join("; ")}`, {
    hint: "The keys and what they mean: the README of @machinist/gitlab-fleeting",
  });
