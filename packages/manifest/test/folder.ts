import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ManifestError, type ReadOptions, readManifest } from "../src/index.ts";

export type Files = { readonly [name: string]: string | Uint8Array };

/** A folder named `demo` with these files in it, removed after `use`. */
export async function inFolder<T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> {
  const top = await mkdtemp(join(tmpdir(), "machinist-manifest-"));
  const folder = join(top, "demo");
  try {
    await mkdir(folder);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return await use(folder);
  } finally {
    await rm(top, { recursive: true });
  }
}

export type Reading = Partial<ReadOptions> & { readonly files?: Files; readonly also?: readonly string[] };

/** Read one manifest text (and others named by `also`) from a folder of its own. */
export const read = (
  text: string | Uint8Array,
  { files = {}, also = [], ...options }: Reading = {},
  name = "machines.yaml",
) => inFolder({ [name]: text, ...files }, (cwd) => readManifest([name, ...also], { env: {}, cwd, ...options }));

/** The error a manifest is refused with. */
export async function refusal(text: string | Uint8Array, options: Reading = {}, name?: string): Promise<ManifestError> {
  const found = await read(text, options, name).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (found instanceof ManifestError) return found;
  throw new Error(found === undefined ? "the manifest was accepted" : "another error", { cause: found });
}
