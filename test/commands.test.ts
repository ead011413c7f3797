import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
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
import { escaped } from "../scripts/docs/man.mjs";
import { blocks, machinistLines, pages } from "./repository/markdown.ts";
import { readText, root } from "./repository/packages.ts";

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

describe("every command", () => {
  test.each(commands)("$name has examples that it understands", async (entry) => {
    const command = await buildCommand(entry, (await entry.load()).default, draft([]));
    const shown = /^Examples:\n((?: {2}.*\n?)+)/m.exec(command.description())?.[1] ?? "";
    const lines = machinistLines(shown.replace(/^ {2}/gm, ""));
    expect(lines.length).toBeGreaterThan(0);
    for (const argv of lines) if (!argv.join(" ").includes("amazonec2") && !argv.includes("qemu")) await check(argv);
  });

  test.each(commands)("$name has a page of the manual with all that its help has (pnpm run docs)", async (entry) => {
    const page = readText(`packages/cli/man/machinist-${entry.name}.1`);
    const command = await buildCommand(entry, (await entry.load()).default, draft([]));
    expect(page).toContain(`machinist-${entry.name} \\- ${escaped(entry.summary)}`);
    for (const { flags, hidden } of command.options) if (!hidden) expect(page).toContain(escaped(flags));
  });

  test("the manual has no page of another, and is written as its readers want it", (context) => {
    const folder = join(root, "packages/cli/man");
    const wanted = ["machinist.1", ...commands.map(({ name }) => `machinist-${name}.1`)];
    expect(readdirSync(folder).sort()).toEqual(wanted.sort());
    const groff = spawnSync("groff", ["-man", "-ww", "-z", "-Tutf8", ...wanted], { cwd: folder, encoding: "utf8" });
    if (groff.error) context.skip("there is no groff here");
    expect(groff.stderr).toBe("");
  });
});
