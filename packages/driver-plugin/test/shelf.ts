import { realpathSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiled, goName, moduleMissing } from "../../../test/go/program.ts";

type Esbuild = { build(options: object): Promise<{ outputFiles: readonly { readonly text: string }[] }> };

/** A folder for PATH with `docker-machine-driver-shelf` in it, and what that has made. */
export interface Shelf {
  readonly bin: string;
  readonly program: string;
  /** The machines' files. */
  readonly folder: string;
  readonly storeDir: string;
  machines(): Promise<string[]>;
  remove(): Promise<void>;
}

const source = (file: string) => fileURLToPath(new URL(`./plugin/${file}`, import.meta.url));
const goMissing = moduleMissing(source("shelf"));

/** The languages that the plugin is written in, with the reason why one cannot be had here. */
export const languages: readonly {
  readonly language: "TypeScript" | "Go";
  readonly name: string;
  readonly missing?: string;
}[] = [
  { language: "TypeScript", name: "TypeScript" },
  { language: "Go", name: `${goName} on libmachine`, ...(goMissing === undefined ? {} : { missing: goMissing }) },
];

export async function makeShelf(language: "TypeScript" | "Go"): Promise<Shelf> {
  const top = await mkdtemp(join(tmpdir(), "machinist-plugin-"));
  const [bin, folder, storeDir] = ["bin", "shelf", "store"].map((name) => join(top, name)) as [string, string, string];
  const program = join(bin, "docker-machine-driver-shelf");
  await Promise.all([bin, storeDir].map((path) => mkdir(path)));
  if (language === "Go") await symlink(await compiled(source("shelf")), program);
  else await bundle(bin, program);
  return {
    bin,
    program,
    folder,
    storeDir,
    machines: async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
      return Promise.all(names.map(async (name) => `${name} ${await readFile(join(folder, name), "utf8")}`));
    },
    remove: () => rm(top, { recursive: true, force: true }),
  };
}

async function bundle(bin: string, program: string): Promise<void> {
  bundled ??= compile();
  await writeFile(join(bin, "shelf.mjs"), await bundled);
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${join(bin, "shelf.mjs")}\n`);
  await chmod(program, 0o755);
}

/** The same for every test of a process. */
let bundled: Promise<string> | undefined;

async function compile(): Promise<string> {
  // The bundler comes with tsup.
  const fromTsup = createRequire(realpathSync(createRequire(import.meta.url).resolve("tsup")));
  const { outputFiles } = await (fromTsup("esbuild") as Esbuild).build({
    entryPoints: [source("shelf.ts")],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    conditions: ["@machinist/source"],
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}
