import { basename, dirname, extname, join, resolve } from "node:path";
import type { FleetSpec } from "@machinist/core";
import type { Lookup } from "@machinist/values";
import { withDotEnv } from "./dotenv-file.ts";
import { type Group, groupsOf } from "./groups.ts";
import { hooksOf } from "./hooks.ts";
import { interpolate } from "./interpolate.ts";
import { describe, ManifestError, Problems } from "./problem.ts";
import { composeOf, type NamedFile, stacksOf } from "./projects.ts";
import { checkFiles, checkSwarm } from "./rules.ts";
import { manifestSchema } from "./schema.ts";
import { readSource } from "./source.ts";
import { placeName, type Source } from "./source-location.ts";
import { at, merge, type Tree, textOf } from "./tree.ts";
import { validate } from "./validate.ts";

export interface ReadOptions {
  /** Variables for `${NAME}`; they win over a `.env` file beside the first manifest. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** The driver of groups that name none, where the fleet names none either. Default `nspawn`. */
  readonly defaultDriver?: string;
}

/** A manifest that was read and found right. */
export interface Manifest {
  readonly spec: FleetSpec;
  /** `file:line:column: sentence`, for what is allowed but likely not meant. */
  readonly warnings: readonly string[];
  /** Absolute paths of the files it came from. */
  readonly files: readonly string[];
  /** `file:line:column` where a machine, or one of its driver's options, is declared. */
  where(machine: string, option?: string): string | undefined;
}

/**
 * Read a manifest from one or more files: of several, later ones win; maps are merged, lists replaced. Throws a
 * {@link ManifestError} (`manifest.*`) that tells all that is wrong, with places.
 */
export async function readManifest(files: readonly string[], options: ReadOptions): Promise<Manifest> {
  const paths = files.map((file) => resolve(options.cwd, file));
  if (paths.length === 0) throw new ManifestError([{ code: "manifest.not-found", sentence: "No manifest was named" }]);
  const problems = new Problems();
  const lookup = await variables(dirname(paths[0]!), options);
  const trees: Tree[] = [];
  for (const path of paths) {
    const tree = await readTree(await readSource(path, options.cwd), problems);
    interpolate(tree, lookup, problems);
    trees.push(tree);
  }
  problems.throwIfAny();
  const root = trees.reduce(merge);
  validate(root, manifestSchema, problems);
  problems.throwIfAny();
  const groups = groupsOf(root, options.defaultDriver ?? "nspawn", problems);
  const { spec, warnings } = await specOf(root, groups, paths[0]!, problems);
  return { spec, warnings, files: paths, where: (machine, option) => whereIs(groups, machine, option) };
}

async function specOf(root: Tree, groups: readonly Group[], path: string, problems: Problems) {
  const named: NamedFile[] = [];
  const compose = composeOf(root, groups, problems, named);
  const stacks = stacksOf(root, named);
  const hooks = hooksOf(root, groups, problems, named);
  const warnings = checkSwarm(root, groups, stacks, problems).map(describe);
  await checkFiles(named, problems);
  problems.throwIfAny();
  const contexts = at(root, "contexts");
  const spec: FleetSpec = {
    name: textOf(at(root, "name")) ?? fleetName(path),
    machines: groups.flatMap((group) => group.machines),
    compose,
    stacks,
    contexts: !(contexts?.kind === "leaf" && contexts.value === false),
    ...(hooks.length > 0 && { hooks }),
    ...fleetSwarmOf(root),
  };
  return { spec, warnings };
}

/** What is said of the Swarm as a whole. */
function fleetSwarmOf(root: Tree): Pick<FleetSpec, "swarm"> {
  const settingOf = (key: string) => {
    const found = at(at(root, "swarm"), key);
    return found?.kind === "leaf" ? found.value : undefined;
  };
  const autolock = settingOf("autolock");
  const most = settingOf("max-unavailable");
  const swarm = {
    ...(typeof autolock === "boolean" && { autolock }),
    ...(typeof most === "number" && { maxUnavailable: most }),
  };
  return Object.keys(swarm).length === 0 ? {} : { swarm };
}

/** Environment first, then `.env` beside the first file, as compose has it. */
const variables = (folder: string, { env }: ReadOptions): Promise<Lookup> =>
  withDotEnv(join(folder, ".env"), (name) => (Object.hasOwn(env, name) ? env[name] : undefined));

async function readTree(source: Source, problems: Problems): Promise<Tree> {
  const tree = await parsed(source, problems);
  const start = { source, line: 1, column: 1 };
  if (tree === undefined || (tree.kind === "leaf" && tree.value === null))
    throw new ManifestError([{ code: "manifest.empty", sentence: "the file is empty", place: start, hint: example }]);
  return tree;
}

const example = "A manifest with one machine: `machines: { web: { driver: nspawn } }`.";

async function parsed(source: Source, problems: Problems): Promise<Tree | undefined> {
  switch (extname(source.path).toLowerCase()) {
    case ".toml":
      return source.text.trim() === "" ? undefined : (await import("./toml-tree.ts")).tomlTree(source);
    case ".json":
      return source.text.trim() === "" ? undefined : (await import("./json-tree.ts")).jsonTree(source, problems);
    case ".yaml":
    case ".yml":
      return (await import("./yaml-tree.ts")).yamlTree(source, problems);
    default:
      throw new ManifestError([
        {
          code: "manifest.format",
          sentence: `${source.name} is neither .yaml, .yml, .json nor .toml`,
          hint: "Rename it.",
        },
      ]);
  }
}

/** A fleet without a name has that of its folder, as far as that can be one. */
export function fleetName(path: string): string {
  const name = basename(dirname(path))
    .replace(/[^a-zA-Z0-9-]+/g, "-")
    .slice(0, 58);
  return name.replace(/^-+|-+$/g, "") || "fleet";
}

function whereIs(groups: readonly Group[], machine: string, option: string | undefined): string | undefined {
  const group = groups.find(({ machines }) => machines.some(({ name }) => name === machine));
  if (group === undefined || option === undefined) return group && placeName(group.place);
  const entry = group.options?.kind === "map" ? group.options.entries.get(option) : undefined;
  return entry && placeName(entry.key);
}
