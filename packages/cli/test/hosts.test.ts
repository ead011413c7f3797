import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host, RunOptions, Terminal } from "@machinist/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPlace } from "../src/transfer/export-location.ts";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

/** A host that remembers what it was asked and answers as told. */
function fakeHost(answer: { code?: number; folders?: readonly string[] } = {}) {
  const ran: { argv: readonly string[]; options: RunOptions | undefined }[] = [];
  const uploads: [files: object, into: string][] = [];
  const downloads: [remote: string, local: string][] = [];
  const terminals: [terminal: Terminal, argv: readonly string[] | undefined][] = [];
  const host: Partial<Host> = {
    async run(argv, options) {
      if (argv[0] === "test") return { code: answer.folders?.includes(argv[2]!) ? 0 : 1, stdout: "", stderr: "" };
      ran.push({ argv, options });
      options?.onOutput?.("out\n", "stdout");
      options?.onOutput?.("err\n", "stderr");
      return { code: answer.code ?? 0, stdout: "out\n", stderr: "err\n" };
    },
    async upload(files, into) {
      uploads.push([Object.fromEntries(files), into]);
    },
    async download(remote, local) {
      downloads.push([remote, local]);
      writeFileSync(local, "from there");
    },
    async shell(terminal, argv) {
      terminals.push([terminal, argv]);
      return answer.code ?? 0;
    },
  };
  return { machinist: fakeMachinist({ host }).machinist, ran, uploads, downloads, terminals };
}

describe("ssh", () => {
  test.each([
    [
      ["ssh", "db", "--", "ls", "-la", "a b"],
      ["ls", "-la", "a b"],
    ],
    [
      ["ssh", "db", "ls", "--json", "-s"],
      ["ls", "--json", "-s"],
    ],
    [
      ["ssh", "db", "docker ps | wc -l"],
      ["sh", "-c", "docker ps | wc -l"],
    ],
  ])("%j runs as typed and passes on output and exit code", async (argv, remote) => {
    const { machinist, ran } = fakeHost({ code: 42 });
    expect(await run(argv, { machinist })).toMatchObject({ code: 42, stdout: "out\n", stderr: "err\n" });
    expect(ran[0]?.argv).toEqual(remote);
    expect(ran[0]?.options?.stdin).toBeUndefined();
  });

  test("-i sends standard input", async () => {
    const { machinist, ran } = fakeHost();
    await run(["ssh", "-i", "db", "tar", "x"], { machinist, typed: "bytes" });
    expect(String(ran[0]?.options?.stdin)).toBe("bytes");
  });

  test("without a command: a shell on this terminal, whose raw mode is given back even on failure", async () => {
    const { machinist, terminals } = fakeHost({ code: 7 });
    expect((await run(["ssh", "db"], { machinist, columns: 100, env: { TERM: "foot" } })).code).toBe(7);
    expect(terminals[0]).toMatchObject([{ term: "foot", columns: 100, rows: 24 }, undefined]);
    expect((await run(["ssh", "-t", "db", "htop"], { machinist, columns: 100 })).raws).toEqual([true, false]);
    expect(terminals[1]?.[1]).toEqual(["sh", "-c", "htop"]);
    const broken = fakeMachinist({ host: { shell: () => Promise.reject(new Error("cut off")) } }).machinist;
    expect(await run(["ssh", "db"], { machinist: broken, columns: 80 })).toMatchObject({
      code: 1,
      raws: [true, false],
    });
  });

  test("an unknown machine", async () => {
    expect(await run(["ssh", "nope"])).toMatchObject({ code: 1, stderr: expect.stringContaining("machine.unknown") });
  });
});

describe("logs", () => {
  test.each([
    [
      ["logs", "db"],
      ["journalctl", "--no-pager", "-u", "docker", "-n", "100"],
    ],
    [
      ["logs", "db", "--follow", "-n", "5"],
      ["journalctl", "--no-pager", "-u", "docker", "-n", "5", "--follow"],
    ],
    [
      ["logs", "db", "--container", "-x"],
      ["docker", "logs", "--tail", "100", "--", "-x"],
    ],
  ])("%j", async (argv, remote) => {
    const { machinist, ran } = fakeHost();
    expect(await run(argv, { machinist })).toMatchObject({ code: 0, stdout: "out\n" });
    expect(ran[0]).toMatchObject({ argv: remote, options: { sudo: true } });
  });
  test("no journal", async () => {
    const { machinist } = fakeHost({ code: 127 });
    expect(await run(["logs", "db"], { machinist })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("machine.no-log"),
    });
  });
});

describe("scp", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "machinist-scp-test-"));
    mkdirSync(join(folder, "tree/deep"), { recursive: true });
    writeFileSync(join(folder, "f"), "x");
    writeFileSync(join(folder, "tree/deep/g"), "y");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    [["f", "db:/tmp/new"], [], { new: "f" }, "/tmp"],
    [["f", "db:/tmp"], ["/tmp"], { f: "f" }, "/tmp"],
    [["f", "db:"], [], { f: "f" }, "."],
    [["f", "db:~/x"], [], { x: "f" }, "."],
    [["-r", "tree", "db:/srv/"], [], { "tree/deep/g": "tree/deep/g" }, "/srv/"],
    [["-r", "tree", "db:/srv/t"], [], { "t/deep/g": "tree/deep/g" }, "/srv"],
  ])("%j uploads", async (argv, folders, files, into) => {
    const { machinist, uploads } = fakeHost({ folders });
    expect(await run(["scp", ...argv], { machinist, cwd: folder })).toMatchObject({ code: 0, stderr: "" });
    const expected = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, join(folder, path)]));
    expect(uploads).toEqual([[expected, into]]);
  });

  test("downloads into a folder under the remote name, or to a name", async () => {
    const { machinist, downloads } = fakeHost();
    await run(["scp", "db:/etc/hosts", "tree"], { machinist, cwd: folder });
    await run(["scp", "db:etc/hosts", "copy"], { machinist, cwd: folder });
    expect(downloads).toEqual([
      ["/etc/hosts", join(folder, "tree/hosts")],
      ["etc/hosts", join(folder, "copy")],
    ]);
  });

  test("from machine to machine by way of here, leaving nothing", async () => {
    const { machinist, downloads, uploads } = fakeHost();
    expect((await run(["scp", "web-1:/a/b", "db:/c"], { machinist, cwd: folder })).code).toBe(0);
    const [, here = ""] = downloads[0] ?? [];
    expect(uploads).toEqual([[{ c: here }, "/"]]);
    expect(() => readFileSync(here)).toThrow("ENOENT");
  });

  test.each([
    [["tree", "db:/x"], "scp.is-folder"],
    [["missing", "db:/x"], "scp.not-found"],
    [["db:/dir", "x"], "scp.is-folder"],
  ])("%j fails with %s", async (argv, code) => {
    const { machinist } = fakeHost({ folders: ["/dir"] });
    expect(await run(["scp", ...argv], { machinist, cwd: folder })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(code),
    });
  });

  test("paths", () => {
    expect(readPlace("./a:b", "linux")).toEqual({ machine: undefined, path: "./a:b" });
    expect(readPlace("C:\\x", "win32")).toEqual({ machine: undefined, path: "C:\\x" });
    expect(readPlace("m:a:b", "linux")).toEqual({ machine: "m", path: "a:b" });
    expect(() => readPlace(":x", "linux")).toThrow();
  });
});
