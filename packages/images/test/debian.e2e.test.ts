import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { checkBuilder } from "../src/debian-build.ts";
import { fetchImage } from "../src/index.ts";

const reason = await checkBuilder().then(
  () => undefined,
  (error: Error) => error.message,
);

describeUnless(reason, "building", () => {
  test("a build that is cancelled ends at once, and leaves no file and no process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "machinist-images-"));
    const controller = new AbortController();
    const said: string[] = [];
    const whileItRuns = async () => {
      await expect.poll(() => processesIn(folder).length).toBeGreaterThan(0);
      controller.abort();
    };
    try {
      const building = fetchImage({ from: "debian:trixie", packages: ["docker.io"] }, folder, {
        signal: controller.signal,
        progress: () => {},
        log: (message) => {
          said.push(message);
          if (message.startsWith("running apt-get update")) void whileItRuns();
        },
      });
      await expect(building).rejects.toMatchObject({ code: "cancelled" });
      expect(said[0]).toMatch(/^Building a disk/);
      await expect.poll(() => processesIn(folder)).toEqual([]);
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (entry) => !entry.isDirectory(),
      );
      expect(files.map(({ name }) => name)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Processes that have the folder in their words or their environment. */
const processesIn = (folder: string): string[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((name) => readText(`/proc/${pid}/${name}`).includes(folder)));

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
