import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundleProject } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-aliases-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("one anchor may be used in hundreds of services, and not without an end", async () => {
  const services = Array.from({ length: 500 }, (_, index) => `  s${index}: { <<: *common, image: i }`).join("\n");
  const [usual, bomb] = [join(folder, "compose.yaml"), join(folder, "bomb.yaml")];
  await writeFile(usual, `x-common: &common { env_file: a.env }\nservices:\n${services}\n`);
  await writeFile(join(folder, "a.env"), "A=1\n");
  const lines = [
    "a0: &a0 [x, x, x, x, x, x, x, x, x]",
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`),
    "services: { web: { image: i } }",
  ];
  await writeFile(bomb, lines.join("\n"));
  expect([...(await bundleProject({ files: [usual] })).files.keys()]).toEqual(["a.env", "compose.yaml"]);
  await expect(bundleProject({ files: [bomb] })).rejects.toMatchObject({ code: "compose.syntax" });
});
