import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import generic from "@machinist/driver-generic";
import nspawn from "@machinist/driver-nspawn";
import { openMachinist } from "@machinist/fleet";
import { afterAll, describe, expect, test } from "vitest";
// Inner files of the command line: a page must be right about each flag, and only its own declarations know them.
import type { Draft } from "../packages/cli/src/command.ts";
import { commands } from "../packages/cli/src/commands.ts";
import { exitCodes } from "../packages/cli/src/failure.ts";
import { splitCommand } from "../packages/cli/src/globals.ts";
import { overview } from "../packages/cli/src/overview.ts";
import { buildCommand, parseCommand } from "../packages/cli/src/parse.ts";
import { exitCodeMeanings } from "../scripts/docs/commands.mjs";
import { blocks, machinistLines, pages } from "./repository/markdown.ts";
import { readText } from "./repository/packages.ts";

const storagePath = mkdtempSync(join(tmpdir(), "machinist-commands-"));
afterAll(() => rmSync(storagePath, { recursive: true, force: true }));

/** The command line without a terminal, with the drivers that are here. */
const draft = (words: readonly string[]): Draft => ({
  words,
  io: { env: {}, cwd: storagePath, stdout: { columns: 100 } } as unknown as Draft["io"],
  services: { open: () => openMachinist({ storagePath, drivers: [nspawn, generic] }) } as unknown as Draft["services"],
});

/** Throws `usage.*` where the program would. */
async function check(argv: readonly string[]): Promise<void> {
  const { name, rest } = splitCommand(argv);
  const entry = commands.find((one) => one.name === name || one.aliases?.includes(name ?? ""));
  if (name === undefined && rest.every((word) => ["--version", "--help"].includes(word))) return;
  if (entry === undefined) throw new Error(`There is no command ${name}`);
  await parseCommand(entry, (await entry.load()).default, draft(rest));
}

describe("command lines in the pages", () => {
  const shown = pages().flatMap((path) =>
    blocks(path)
      .filter(({ language }) => ["sh", "bash", "console"].includes(language))
      .flatMap(({ at, text }) => machinistLines(text).map((argv) => ({ at, line: argv.join(" "), argv }))),
  );

  test("are there", () => {
    expect(shown.length).toBeGreaterThan(5);
  });

  test.each(shown)("$at: machinist $line", async ({ argv }) => {
    await check(argv);
  });

  test("a wrong one is found", async () => {
    await expect(check(["ls", "--al"])).rejects.toThrow("no flag --al");
    await expect(check(["lss"])).rejects.toThrow("no command lss");
    await expect(check(["create", "-d", "generic", "--generic-ip", "x", "box"])).rejects.toThrow("--generic-ip");
  });
});

describe("cli.md (pnpm build, then pnpm run docs)", () => {
  const page = readText("docs/cli.md");

  test("begins with the overview and tells the exit codes", () => {
    expect(page).toContain(overview(commands).trimEnd());
    expect([...exitCodeMeanings.keys()].sort()).toEqual(Object.values(exitCodes).sort());
  });

  test.each(commands)("tells $name as its help does", async (entry) => {
    const command = await buildCommand(entry, (await entry.load()).default, draft([]));
    expect(page).toContain(command.helpInformation().trimEnd());
  });
});
