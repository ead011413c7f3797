import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../setup/child.mjs";
import { Refusal } from "../setup/clone.mjs";
import { toolEnv } from "../setup/packages.mjs";

/**
 * What needs a test's surroundings (a server, a terminal, VirtualBox) is measured by files beside the tests,
 * `*.figures.ts`; what is missing here is left out, and they say so.
 * @returns {Promise<import("./table.mjs").Row[]>}
 */
export async function figures() {
  const folder = mkdtempSync(join(tmpdir(), "machinist-figures-"));
  try {
    const file = join(folder, "rows.jsonl");
    const env = { ...toolEnv(), MACHINIST_FIGURES: file };
    const { code } = await run("vitest", ["run", "--project", "figures"], { env, minutes: 15 });
    if (code !== 0) throw new Refusal("Not all figures could be measured.");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
