import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const source = new URL("../src/", import.meta.url);

test("no module loads ssh2 or tar-stream before it is needed", async () => {
  const files = (await readdir(source)).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(20);
  for (const name of files) {
    const text = await readFile(new URL(name, source), "utf8");
    const imports = text.match(/^(import|export) [^;]*? from "(ssh2|tar-stream)";/gm) ?? [];
    for (const line of imports) expect(`${name}: ${line}`).toMatch(/: import type /);
  }
});
