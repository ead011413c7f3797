import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

let cwd: string;
const asked: unknown[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "machinist-cli-"));
  asked.length = 0;
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const env = { MACHINIST_PASSPHRASE: "correct horse battery" };
const exporting = (opened: readonly string[] = []) =>
  fakeMachinist({
    overrides: {
      exportMachines: async (names, { passphrase }) => {
        asked.push([...names, passphrase]);
        return { data: Buffer.from("sealed"), opened };
      },
      forgetExported: async (names) => void asked.push(["forget", ...names]),
    },
  }).machinist;
const importing = (fleets: Record<string, string> = { default: "default" }) =>
  fakeMachinist({
    overrides: {
      importMachines: async (data, { passphrase }) => {
        asked.push([Buffer.from(data).toString(), passphrase]);
        return { machines: ["web-1"], fresh: ["web-1"], fleets };
      },
    },
  });

test("export writes a file for its owner alone, says whom else its keys open, and forgets only where told", async () => {
  const said = await run(["export", "web-1"], { machinist: exporting(["db"]), env, cwd });
  expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining("An SSH key in it opens db too") });
  const path = join(cwd, "web-1.machinist");
  expect(readFileSync(path, "utf8")).toBe("sealed");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(asked).toEqual([["web-1", "correct horse battery"]]);

  const again = await run(["export", "web-1"], { machinist: exporting(), env, cwd });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
  const words = ["export", "web-1", "db", "-o", "shop", "--force", "--forget", "--yes", "--json"];
  const forgotten = await run(words, { machinist: exporting(), env, cwd });
  expect(JSON.parse(forgotten.stdout)).toEqual({
    ...{ machines: ["web-1", "db"], path: join(cwd, "shop"), opened: [], forgotten: true },
  });
  expect(asked.at(-1)).toEqual(["forget", "web-1", "db"]);
});

test("import knows the machines, then provisions them, unless told otherwise", async () => {
  writeFileSync(join(cwd, "file"), "sealed");
  const { machinist, calls } = importing({ default: "default-ab12cd" });
  const said = await run(["import", "file"], { machinist, env, cwd });
  expect(said.code).toBe(0);
  expect(said.stderr).toContain("theirs is called default-ab12cd here");
  expect(asked).toEqual([["sealed", "correct horse battery"]]);
  expect(calls).toEqual([["provision", ["web-1"], {}]]);

  const later = importing();
  const quiet = await run(["import", "file", "--no-provision", "--json"], { machinist: later.machinist, env, cwd });
  expect(JSON.parse(quiet.stdout)).toMatchObject({ machines: ["web-1"] });
  expect(later.calls).toEqual([]);
  expect(await run(["import", "nothing"], { machinist, env, cwd })).toMatchObject({ code: 2 });
});

test("the passphrase comes from a file too; without one and without a terminal it is said how to give it", async () => {
  writeFileSync(join(cwd, "words"), "from a file\n");
  await run(["export", "web-1", "--passphrase-file", "words"], { machinist: exporting(), env, cwd });
  expect(asked).toEqual([["web-1", "from a file"]]);
  const none = await run(["export", "db"], { machinist: exporting(), cwd });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("MACHINIST_PASSPHRASE") });
  const missing = await run(["export", "db", "--passphrase-file", "nope"], { machinist: exporting(), env, cwd });
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("nope cannot be read") });
});

test("at a terminal it is typed twice, unseen, and must be the same", async () => {
  const typed = (text: string) =>
    run(["export", "web-1", "--force"], { machinist: exporting(), cwd, columns: 80, typed: text });
  const said = await typed("corrext\u007f\u007fct horse\rcorrect horse\r");
  expect(said).toMatchObject({ code: 0, raws: [true, false, true, false] });
  expect(said.stderr).toContain("Passphrase: \nThe same again: \n");
  expect(asked).toEqual([["web-1", "correct horse"]]);
  expect(await typed("one\rother\r")).toMatchObject({ code: 2, stderr: expect.stringContaining("differ") });
  expect(await typed("one\u0003")).toMatchObject({ code: 2, raws: [true, false] });
  expect(asked).toHaveLength(1);
});
