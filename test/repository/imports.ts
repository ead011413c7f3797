import { isBuiltin } from "node:module";
import type { ICruiseResult } from "dependency-cruiser";
import { type Package, packages, readManifest, root } from "./packages.ts";

export interface Import {
  readonly from: string;
  readonly folder: string;
  /** As written in the source. */
  readonly module: string;
  readonly resolved: string;
  /** Own file, or another package by its name. */
  readonly direct: boolean;
}

/** Declared as needed by users, yet no source imports it: `FOLDER NAME`, and why. */
const neverImported: { readonly [dependency: string]: string } = {
  "fleet @machinist/driver-generic": "found by name when it is asked for, as every driver is, and always there",
};

/** Imported by a source, yet only a development dependency, because the bundle holds it: `FOLDER NAME`, and why. */
const bundled: { readonly [dependency: string]: string } = {
  "cli commander": "inside the bundle it loads in half the time",
};

const folderOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1];

/** `@scope/name/entry` and `name/entry` to the package's name. */
const packageOf = (module: string): string => module.split("/", module.startsWith("@") ? 2 : 1).join("/");

/** Source paths that a package shows to others. */
function entries({ folder, manifest }: Package): string[] {
  return Object.values(manifest.exports ?? {}).flatMap((target) => {
    const path = typeof target === "string" ? target : target["@machinist/source"];
    return path === undefined ? [] : [`packages/${folder}/${path.replace(/^\.\//, "")}`];
  });
}

/** Every import of a file below packages/. */
const imports = (result: ICruiseResult) =>
  result.modules.flatMap(({ source, dependencies }) =>
    folderOf(source) === undefined || source.includes("/node_modules/")
      ? []
      : dependencies.map(({ module, resolved }) => ({ from: source, folder: folderOf(source)!, module, resolved })),
  );

/** Every import that crosses from one of our packages to another. */
export function importsOfPackages(result: ICruiseResult): Import[] {
  const open = new Set(packages().flatMap(entries));
  return imports(result)
    .filter(({ folder, resolved }) => ![undefined, folder].includes(folderOf(resolved)))
    .map((one) => ({ ...one, direct: !one.module.startsWith(".") && open.has(one.resolved) }));
}

/** Imports that an installation from the registry would not find. */
export function undeclared(result: ICruiseResult): string[] {
  const byFolder = new Map(packages().map((one) => [one.folder, one.manifest]));
  const forAll = Object.keys(readManifest(`${root}package.json`).devDependencies ?? {});
  return imports(result)
    .filter(({ module }) => !module.startsWith(".") && !isBuiltin(module))
    .filter(({ from, folder, module }) => {
      const manifest = byFolder.get(folder)!;
      const shipped = [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies];
      const names = shipped.flatMap((versions) => Object.keys(versions ?? {}));
      if (`${folder} ${packageOf(module)}` in bundled) names.push(...Object.keys(manifest.devDependencies ?? {}));
      if (!from.includes("/src/")) names.push(...Object.keys(manifest.devDependencies ?? {}), ...forAll);
      return ![...names, manifest.name].includes(packageOf(module));
    })
    .map(
      ({ from, module }) => `${from} imports ${module}, which packages/${folderOf(from)}/package.json does not declare`,
    );
}

/** Dependencies that users would install for nothing. */
export function unused(result: ICruiseResult): string[] {
  const seen = new Set(imports(result).map(({ from, folder, module }) => key(from, folder, packageOf(module))));
  return packages().flatMap(({ folder, manifest }) =>
    Object.keys(manifest.dependencies ?? {})
      .filter((name) => !seen.has(`${folder} src ${name}`) && !(`${folder} ${name}` in neverImported))
      .map((name) => `packages/${folder} declares ${name} and never imports it`),
  );
}

const key = (from: string, folder: string, name: string): string =>
  `${folder} ${from.includes("/src/") ? "src" : "other"} ${name}`;
