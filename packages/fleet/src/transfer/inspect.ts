import { posix, win32 } from "node:path";
import {
  fleetScope,
  isFleetScope,
  isMachinistError,
  localOf,
  MachinistError,
  parseRecord,
  type ScopeRecord,
  scopeOf,
} from "@machinist/core";
import { isMachineName } from "../machine-name.ts";
import { localId } from "../planned.ts";

/** A file beside a record, or a key from elsewhere that a machine is reached with. */
export interface BundledFile {
  /** Within the scope's folder. */
  readonly path: string;
  /** Base64. */
  readonly data: string;
}

export interface BundledScope {
  readonly record: ScopeRecord;
  readonly files: readonly BundledFile[];
}

/** Machines on their way to another store: what is inside of an exported file. */
export interface Bundle {
  readonly machinist: "machines";
  readonly version: 1;
  /** ISO 8601. */
  readonly exportedAt: string;
  /** Where the store was: paths in records that begin so are paths in the new one. */
  readonly storePath: string;
  readonly scopes: readonly BundledScope[];
  /** Drivers that are images, by name. */
  readonly images: { readonly [driver: string]: string };
}

/** More scopes, or files beside one record, are no export of ours. */
const MOST = 10_000;
const fleetName = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/;
const driverName = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const segment = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,199}$/;

/**
 * What an exported file holds, once each part of it that becomes a name, a path or a number has the shape of one. What the
 * parts mean is not judged here. Throws `import.file`.
 */
export function inspected(value: unknown): Bundle {
  if (!isObject(value) || value.machinist !== "machines" || !Array.isArray(value.scopes))
    throw notOurs("there are no machines in it");
  if (value.version !== 1) throw notOurs("it does not say of which version it is");
  const { scopes, storePath, exportedAt, images = {} } = value;
  if (scopes.length > MOST) throw notOurs("it holds too many machines");
  if (!isFolder(storePath)) throw notOurs("it does not say of which store it is");
  if (!isObject(images) || !Object.values(images).every((image) => typeof image === "string"))
    throw notOurs("what it says of images cannot be read");
  const parts = scopes.map((part: unknown) => inspectedScope(part));
  const names = parts.map(({ record }) => record.scope.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw notOurs(`it holds ${twice} twice`);
  return {
    ...{ machinist: "machines", version: 1, exportedAt: typeof exportedAt === "string" ? exportedAt : "" },
    ...{ storePath, scopes: parts, images: images as Bundle["images"] },
  };
}

function inspectedScope(part: unknown): BundledScope {
  if (!isObject(part) || !isObject(part.record)) throw notOurs("a record is missing");
  const { scope } = part.record;
  if (typeof scope !== "string" || part.record.movesTo !== undefined) throw noMachine(scope);
  const record = read(part.record, scope);
  const shared = isFleetScope(scope);
  const named = fleetName.test(record.fleet) && (shared ? scope === fleetScope(record.fleet) : isMachineName(scope));
  if (!named || !/^[a-z0-9]{6,63}$/.test(record.uid) || shared !== (record.machine === undefined))
    throw noMachine(scope);
  inspectIntent(record);
  for (const { id, generation } of Object.values(record.resources)) {
    if (scopeOf(id) !== scope || !localId.test(localOf(id))) throw notOurs(`it names ${shown(id)}`);
    if (!isCount(generation) || generation > record.lastGeneration) throw notOurs(`the number of ${shown(id)} is none`);
  }
  return { record, files: inspectedFiles(part.files) };
}

/** The same reader as for records of our own store. */
function read(record: unknown, scope: string): ScopeRecord {
  try {
    return parseRecord(JSON.stringify(record), scope, "the exported file");
  } catch (thrown) {
    if (isMachinistError(thrown)) throw notOurs(thrown.message, thrown);
    throw thrown;
  }
}

function inspectIntent({ scope, machine, lastGeneration, uses }: ScopeRecord): void {
  if (!isCount(lastGeneration) || !uses.every((id) => typeof id === "string"))
    throw notOurs(`the record of ${scope} is damaged`);
  if (machine === undefined) return;
  const { driver, options, engine, createdAt } = machine as Partial<typeof machine>;
  if (typeof driver !== "string" || !driverName.test(driver)) throw notOurs(`${shown(driver)} is no driver's name`);
  if (!isObject(options) || !(engine === false || isObject(engine)) || !Number.isFinite(createdAt))
    throw notOurs(`the record of ${scope} is damaged`);
}

function inspectedFiles(files: unknown): BundledFile[] {
  if (!Array.isArray(files) || files.length > MOST) throw notOurs("the files beside a record are missing");
  const paths = new Set<string>();
  for (const file of files) {
    const { path, data } = isObject(file) ? file : {};
    if (typeof path !== "string" || typeof data !== "string" || !path.split("/").every((part) => segment.test(part)))
      throw new MachinistError("import.file", `The file names a path that is none of a machine's: ${shown(path)}`, {
        hint: "It was not made by machinist export: do not trust it",
      });
    paths.add(path);
  }
  // A file that another path has for a folder, or that is there twice.
  const folders = [...paths].flatMap((path) =>
    path.split("/").flatMap((_, at, all) => (at ? [all.slice(0, at).join("/")] : [])),
  );
  if (paths.size !== files.length || folders.some((folder) => paths.has(folder)))
    throw notOurs("two of its files have one path");
  return files.map(({ path, data }) => ({ path, data }));
}

/** A folder's absolute path, on whatever system: what begins with it is given another beginning. */
const isFolder = (path: unknown): path is string =>
  typeof path === "string" &&
  !path.includes("\0") &&
  (posix.isAbsolute(path) || win32.isAbsolute(path)) &&
  path.replace(/^[a-zA-Z]:/, "").length > 1;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 80);

const noMachine = (scope: unknown) =>
  new MachinistError("import.file", `The file names ${shown(scope)}, which is no machine of a fleet`, {
    hint: "It was not made by machinist export: do not trust it",
  });

export const notOurs = (why: string, cause?: unknown) =>
  new MachinistError("import.file", `This is no file of machinist export: ${why}`, {
    cause,
    hint: "Make one with: machinist export MACHINE",
  });
