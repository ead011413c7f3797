import { copyFile, readdir } from "node:fs/promises";
import { defineConfig } from "tsup";
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", bin: "src/bin.ts" },
  // What goes over the wire is read where the program is.
  onSuccess: async () => {
    const protos = (await readdir("src/wire")).filter((name) => name.endsWith(".proto"));
    await Promise.all(protos.map((name) => copyFile(`src/wire/${name}`, `dist/${name}`)));
  },
});
