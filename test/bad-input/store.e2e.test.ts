import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeUnless, unlessRoot } from "../skipped.ts";
import { engineOnly, expectFailure, expectNoInsides, Program } from "./program.ts";

const rootOnly = unlessRoot("mount a small disk and become somebody else");

const record = (program: Program, name: string) => join(program.store, "machines", name, "record.json");

describe("a store", () => {
  let program: Program;
  beforeEach(() => {
    program = new Program();
  });
  afterEach(() => program.remove());

  test.each(["", "/under"])(
    "whose path is a file%s: nothing can be read or made, and the file stays",
    async (under) => {
      const file = program.file("store", "mine");
      const at = (...words: string[]) => program.run(["-s", `${file}${under}`, ...words]);
      const read = { exit: 1, code: "store.read", hint: "--storage-path" };
      for (const words of [["ls"], ["ls", "-q"], ["rm", "-y", "a"], ["status", "a"]])
        expectFailure(await at(...words), read);
      expectFailure(await at(...engineOnly, "a"), { exit: 1, code: "store.write", hint: "--storage-path" });
      const doctor = await at("doctor");
      expect(doctor).toMatchObject({ exit: 1, stderr: "" });
      expect(doctor.stdout).toMatch(/✖ store .*a (part of its path is a file|folder)/);
      expect(readFileSync(file, "utf8")).toBe("mine");
    },
  );

  test.each([
    ["empty", () => "", "store.corrupt"],
    ["cut off", (text: string) => text.slice(0, 100), "store.corrupt"],
    ["of another machine", (text: string) => text.replaceAll("broken", "other"), "store.corrupt"],
    ["of a later version", (text: string) => text.replace('"version": 1', '"version": 9'), "store.version"],
  ])("with a record that is %s: the others go on, it is refused, and can be forgotten", async (_what, edit, code) => {
    await program.must([...engineOnly, "broken", "whole"]);
    writeFileSync(record(program, "broken"), edit(readFileSync(record(program, "broken"), "utf8")));
    const before = program.saved();

    const listed = await program.must(["ls", "--json", "-t", "5"]);
    const [broken, whole] = JSON.parse(listed.stdout) as { name: string; state: string; error?: { code: string } }[];
    expect(broken).toMatchObject({ name: "broken", state: "unknown", error: { code } });
    expect(whole).toMatchObject({ name: "whole", state: "running" });
    expect((await program.must(["ls", "-t", "5"])).stdout).toMatch(/^broken .*The record of broken/m);
    expect((await program.run(["doctor"])).stdout).toMatch(/✖ machine broken .*The record of broken/);
    expect((await program.must(["url", "whole"])).stdout).toBe("tcp://127.0.0.1:1\n");

    for (const words of [
      ["inspect", "broken"],
      ["start", "broken"],
      ["rm", "-y", "broken"],
      [...engineOnly, "broken"],
    ])
      expectFailure(await program.run(words), { exit: 1, code });
    expect(program.saved()).toEqual(before);

    const forgotten = await program.must(["rm", "-f", "broken"]);
    expect(forgotten.stderr).toMatch(/^warning: broken: The record/);
    expect(await program.names()).toEqual(["whole"]);
  });

  test("with a damaged record in a fleet: up and down refuse and change nothing", async () => {
    const group = '{ driver: none, options: { url: "tcp://127.0.0.1:1" } }';
    program.file("machines.yaml", `name: demo\ncontexts: false\nmachines:\n  a: ${group}\n  b: ${group}\n`);
    await program.must(["up"]);
    writeFileSync(record(program, "a-1"), "{");
    const before = program.saved();
    for (const words of [["up"], ["plan"], ["down", "-y"]])
      expectFailure(await program.run(words), { exit: 1, code: "store.corrupt", hint: "machinist rm -f a-1" });
    expect(program.saved()).toEqual(before);
    await program.must(["rm", "-f", "a-1"]);
    await program.must(["up"]);
    expect(await program.names()).toEqual(["a-1", "b-1"]);

    writeFileSync(join(program.store, "fleets/demo/record.json"), "");
    for (const words of [["up"], ["down", "-y"]])
      expectFailure(await program.run(words), { exit: 1, code: "store.corrupt", says: "fleet demo", hint: "backup" });
    expect(await program.names()).toEqual(["a-1", "b-1"]);
  });

  test("with a lock that nobody holds, or that names nobody", async () => {
    await program.must([...engineOnly, "a"]);
    const lock = join(program.store, "locks/a.lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, mark: "long gone", host: "elsewhere" }));
    expectFailure(await program.run(["rm", "-y", "a"]), {
      exit: 1,
      code: "store.locked",
      says: "elsewhere",
      hint: "machinist unlock a",
    });
    writeFileSync(lock, "");
    expectFailure(await program.run(["rm", "-y", "a"]), { exit: 1, code: "store.locked", hint: lock });
    rmSync(lock);
    await program.must(["rm", "-y", "a"]);
  });

  test("with strangers in it is listed without them", async () => {
    await program.must([...engineOnly, "a"]);
    writeFileSync(join(program.store, "machines/.DS_Store"), "");
    writeFileSync(join(program.store, "machines/notes.txt"), "");
    mkdirSync(join(program.store, "machines/empty"));
    expect(await program.names()).toEqual(["a"]);
    expectNoInsides((await program.must(["ls", "-t", "5"])).stdout);
  });
});

describeUnless(rootOnly, "a store on a small disk", () => {
  const program = new Program();
  const disk = join(program.folder, "store");
  const mount = (...options: string[]) =>
    execFileSync("mount", ["-t", "tmpfs", "-o", options.join(), "machinist-test", disk]);
  mkdirSync(disk);
  beforeEach(() => void mount("size=400k"));
  afterEach(() => void execFileSync("umount", [disk]));
  afterAll(() => program.remove());

  /** Leaves `spare` bytes. */
  const fill = (spare: number) => {
    const path = join(disk, "fill");
    execFileSync("sh", [
      "-c",
      'dd if=/dev/zero of="$0" bs=4k 2>/dev/null || true; truncate -s -"$1" "$0"',
      path,
      String(spare),
    ]);
  };

  // Each page more lets it come further: into the lock, the key pair, the record, what other programs read.
  test.each([0, 4096, 8192, 16384])(
    "that is full but for %i bytes: told, whole, and done once there is room",
    async (spare) => {
      await program.must([...engineOnly, "old"]);
      const before = program.saved();
      fill(spare);
      const { fill: _, ...during } = program.saved();
      expect(during).toEqual(before);
      const ended = await program.run([...engineOnly, "new"]);
      if (spare < 16384) expect(ended.stderr).toMatch(/\((store\.write|ssh\.key-write)\)\nhint: /);
      if (ended.exit !== 0) expect(ended.exit).toBe(1);
      expectNoInsides(`${ended.stdout}${ended.stderr}`);
      expect((await program.must(["ls", "-t", "5"])).stdout).toMatch(/^old .*running/m);
      if (spare === 0) {
        expectFailure(ended, { exit: 1, code: "store.write", says: "no space left", hint: "Free some space" });
        expect((await program.run(["doctor"])).stdout).toMatch(/✖ store .*no room/);
      }
      rmSync(join(disk, "fill"));
      for (const [path, text] of Object.entries(before)) expect(readFileSync(join(disk, path), "utf8")).toBe(text);
      if (ended.exit !== 0) await program.must([...engineOnly, "new"]);
      expect(await program.names()).toEqual(["new", "old"]);
      await program.must(["rm", "-y", "new", "old"]);
    },
  );

  test("that is read-only: reading goes on, writing says why, nothing changes", async () => {
    await program.must([...engineOnly, "old"]);
    const before = program.saved();
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const refused = { exit: 1, code: "store.write", says: "read-only", hint: "--storage-path" };
    for (const words of [
      [...engineOnly, "new"],
      ["rm", "-y", "old"],
    ])
      expectFailure(await program.run(words), refused);
    expect((await program.must(["ls", "-t", "5"])).stdout).toMatch(/^old .*running/m);
    expect((await program.run(["doctor"])).stdout).toMatch(/✖ store .*read-only/);
    expect(program.saved()).toEqual(before);
  });
});

describeUnless(rootOnly, "somebody who is not root", () => {
  const nobody = { under: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] };
  const program = new Program();
  afterAll(() => program.remove());

  // A clone in somebody's home is closed to everybody else.
  beforeEach(async (context) => {
    const { exit } = await program.run(["--version"], nobody);
    context.skip(exit !== 0, "nobody else may read this clone");
  });

  test("cannot make machine containers: a failed check, nothing saved, no other machine lost", async () => {
    chmodSync(program.folder, 0o711);
    chmodSync(program.cwd, 0o755);
    mkdirSync(program.store);
    chownSync(program.store, 65534, 65534);
    await program.must([...engineOnly, "mine"], nobody);
    const before = program.saved();
    const ended = await program.run(["create", "-d", "nspawn", "x"], nobody);
    expectFailure(ended, { exit: 3, code: "nspawn.root", hint: "sudo" });
    program.file("machines.yaml", "machines: { x: { driver: nspawn } }\n");
    expectFailure(await program.run(["up"], nobody), { exit: 3, code: "nspawn.root", hint: "sudo" });
    expect(program.saved()).toEqual(before);
    const doctor = await program.run(["doctor"], nobody);
    expect(doctor.stdout).toMatch(/! driver nspawn +Machine containers can be made by root only\n +hint: .*sudo/);
  });

  test("cannot look into another's store: said, and nothing is taken for empty", async () => {
    const other = new Program();
    try {
      chmodSync(other.folder, 0o711);
      chmodSync(other.cwd, 0o755);
      await other.must([...engineOnly, "secret"]);
      for (const words of [["ls"], ["ls", "-q"], ["status", "secret"]])
        expectFailure(await other.run(words, nobody), { exit: 1, code: "store.read", hint: "Check who owns" });
      const made = await other.run([...engineOnly, "x"], nobody);
      expectFailure(made, { exit: 1, code: "store.write", says: "permission is denied", hint: "--storage-path" });
      const doctor = await other.run(["doctor"], nobody);
      expect(doctor).toMatchObject({ exit: 1, stderr: "" });
      expect(doctor.stdout).toMatch(/✖ store .*permission is denied/);
      expect(await other.names()).toEqual(["secret"]);
      expect(existsSync(join(other.store, "machines/x"))).toBe(false);
    } finally {
      other.remove();
    }
  });
});
