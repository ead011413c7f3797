import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Esbuild = { build(options: object): Promise<unknown> };

/** Bundle a script of the folder `children`, so that a process of its own can run it, be measured, and be killed in it. */
export async function bundle(name: string): Promise<{ script: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-fleet-child-"));
  const script = join(folder, `${name}.mjs`);
  // The bundler comes with tsup.
  const fromTsup = createRequire(createRequire(import.meta.url).resolve("tsup"));
  const esbuild = fromTsup("esbuild") as Esbuild;
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url))],
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@machinist/source"],
    // What is CommonJS among the dependencies asks for Node's own modules.
    banner: { js: 'import { createRequire as req } from "node:module"; const require = req(import.meta.url);' },
    external: ["cpu-features", "*.node"],
    outfile: script,
    logLevel: "error",
  });
  return { script, remove: () => rm(folder, { recursive: true, force: true }) };
}
