import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inTemporaryFolder } from "../scripts/release/temporary.mjs";
import { Refusal } from "../scripts/setup/clone.mjs";
import { testWhere } from "./skipped.ts";

test("the temporary folder of a rehearsal is gone when it was used", async () => {
  const folder = await inTemporaryFolder("machinist-test", async (path) => {
    expect(existsSync(path)).toBe(true);
    return path;
  });
  expect(existsSync(folder)).toBe(false);
});

test("a full disk is told in a sentence, and what was written is gone", async () => {
  let folder = "";
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const failed = inTemporaryFolder("machinist-test", async (path) => {
    folder = path;
    throw full;
  });
  await expect(failed).rejects.toThrow(Refusal);
  await expect(failed).rejects.toThrow(/^The disk is full/);
  expect(existsSync(folder)).toBe(false);
});

testWhere(
  process.platform !== "win32",
  "Windows has no SIGINT to send",
  "Ctrl-C ends a rehearsal, and removes its folder",
  async () => {
    const module = (path: string) => JSON.stringify(fileURLToPath(new URL(`../scripts/${path}`, import.meta.url)));
    const program = `
    import { inTemporaryFolder } from ${module("release/temporary.mjs")};
    import { script } from ${module("setup/clone.mjs")};
    await script(() => inTemporaryFolder("machinist-test", async (folder, goOn) => {
      process.stdout.write(folder);
      const waiting = setTimeout(() => {}, 60_000);
      await new Promise((resolve) => process.once("SIGINT", resolve));
      clearTimeout(waiting);
      goOn();
      process.stdout.write(" went on");
      return 0;
    }));`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "pipe" });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (errors += text));
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    expect({ code, errors }).toEqual({ code: 1, errors: "Stopped by SIGINT.\n" });
    expect(output).not.toContain("went on");
    expect(existsSync(output)).toBe(false);
  },
);
