import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Host } from "@machinist/core";
import { type Header, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tarOf } from "../src/tar-writer.ts";
import { unpack } from "../src/unpack.ts";
import { failureOf, makeWorld, type World } from "./support/world.ts";

let world: World;
let host: Host;
beforeEach(async () => {
  world = await makeWorld();
  const server = await world.serve();
  host = await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
});
afterEach(() => world.end());

const at = (...parts: string[]) => join(world.dir, ...parts);

describe("writing", () => {
  test("is one program, and leaves no drafts", async () => {
    await host.write(at("deep/er/file"), "content", { mode: 0o640 });
    expect(await readFile(at("deep/er/file"), "utf8")).toBe("content");
    expect((await stat(at("deep/er/file"))).mode & 0o777).toBe(0o640);
    expect(await readdir(at("deep/er"))).toEqual(["file"]);
  });

  test("content cut off on the way does not become the file", async () => {
    const server = await world.serve({
      starts: false,
      onExec: (_command, channel, line) => {
        // The same program, with only half of its stdin.
        const { stdout, stderr, status } = spawnSync("/bin/sh", ["-c", line], { input: "half" });
        channel.write(stdout);
        channel.stderr.write(stderr);
        channel.exit(status ?? 1);
        channel.end();
      },
    });
    await writeFile(at("file"), "before");
    const cut = await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("cut");
    const failure = await failureOf(cut.write(at("file"), "more than half"));
    expect(failure).toMatchObject({ code: "ssh.write", message: expect.stringContaining("incomplete") });
    expect(await readFile(at("file"), "utf8")).toBe("before");
    expect((await readdir(world.dir)).filter((name) => name.startsWith(".machinist"))).toEqual([]);
  });

  test("says why it cannot", async () => {
    await mkdir(at("folder"));
    expect(await failureOf(host.write(at("folder"), "x"))).toMatchObject({
      message: expect.stringContaining("is a folder"),
    });
    await writeFile(at("plain"), "");
    expect((await failureOf(host.write(at("plain/file"), "x"))).code).toBe("ssh.write");
  });
});

describe("uploading", () => {
  test("keeps what is executable, and any name", async () => {
    const names = ["a", "with space/and 'quote'", `${"n".repeat(99)}/${"m".repeat(120)}`, "ä/日本", "-n"];
    await writeFile(at("tool"), "#!/bin/sh\n");
    await chmod(at("tool"), 0o755);
    await host.upload(new Map(names.map((name) => [name, at("tool")])), at("into it"));
    for (const name of names) expect((await stat(at("into it", name))).mode & 0o777).toBe(0o755);
  });

  test("refuses names that lead out, and what is no file, before or while it copies", async () => {
    await writeFile(at("file"), "x");
    for (const name of ["../out", "/etc/x", "a/../../b", ".", "", "a/"])
      expect((await failureOf(host.upload(new Map([[name, at("file")]]), at("into")))).code).toBe("ssh.upload");
    for (const local of [at("nowhere"), world.dir])
      expect((await failureOf(host.upload(new Map([["x", local]]), at("into")))).code).toBe("ssh.upload");
    expect((await host.run(["true"])).code).toBe(0);
  });

  test("says why a program there failed, whatever that said last", async () => {
    await mkdir(at("bin"));
    const says = async (stderr: string) => {
      await writeFile(at("bin/tar"), `#!/bin/sh\nprintf '${stderr}' >&2\nexit 2\n`, { mode: 0o755 });
      const server = await world.serve({
        starts: false,
        onExec: (_command, channel, line) => {
          const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` };
          const { stdout, stderr, status } = spawnSync("/bin/sh", ["-c", line], { input: "", env });
          channel.write(stdout);
          channel.stderr.write(stderr);
          channel.exit(status ?? 1);
          channel.end();
        },
      });
      const other = await world.pool({ port: server.port, hostKeys: server.hostKeys }).connect("a");
      return failureOf(other.upload(new Map([["file", at("file")]]), at("into")));
    };
    await writeFile(at("file"), "x");
    const last = "tar: Exiting with failure status due to previous errors\\n";
    for (const full of ["Wrote only 512 of 10240 bytes", "Cannot write: No space left on device"])
      expect(await says(`tar: file: ${full}\\n${last}`)).toMatchObject({
        message: expect.stringContaining(full),
        hint: expect.stringContaining("df -h"),
      });
    expect(await says(`tar: file: Cannot open: Is a directory\\n${last}`)).toMatchObject({
      message: expect.stringContaining("Is a directory"),
    });
  });

  test("a file that shrinks meanwhile is noticed", async () => {
    await writeFile(at("file"), Buffer.alloc(1_000_000));
    const read = async () => {
      for await (const _ of tarOf([["file", at("file")]])) await truncate(at("file"), 10);
    };
    expect(await failureOf(read())).toMatchObject({ code: "ssh.upload", message: expect.stringContaining("shorter") });
  });

  test("the stream is one that the real tar lists", async () => {
    await writeFile(at("file"), "12345");
    const long = `${"d/".repeat(80)}file`;
    const bytes = await buffer(
      tarOf([
        ["short", at("file")],
        [long, at("file")],
      ]),
    );
    const listed = execFileSync("tar", ["-tvf", "-"], { input: bytes, encoding: "utf8" });
    expect(listed).toMatch(/^-rw-r--r-- root\/root\s+5 .* short$/m);
    expect(listed).toContain(long);
  });
});

describe("downloading", () => {
  test("a folder with links inside it, and a file", async () => {
    await mkdir(at("from/sub"), { recursive: true });
    await writeFile(at("from/sub/file"), "text");
    await symlink("sub/file", at("from/link"));
    execFileSync("ln", [at("from/sub/file"), at("from/hard")]);
    await host.download(at("from"), at("to"));
    await host.download(at("from"), at("to")); // again, over the first
    expect(await readFile(at("to/sub/file"), "utf8")).toBe("text");
    expect(await readFile(at("to/hard"), "utf8")).toBe("text");
    expect(await readlink(at("to/link"))).toBe("sub/file");
    await host.download(at("from/link"), at("new folder/one"));
    expect(await readFile(at("new folder/one"), "utf8")).toBe("text");
  });

  test("what is not there leaves nothing behind", async () => {
    expect(await failureOf(host.download(at("none"), at("got")))).toMatchObject({ code: "ssh.download" });
    expect(await readdir(world.dir)).not.toContain("got");
  });

  const hostile: [string, Partial<Header> & { name: string }][] = [
    ["an absolute name", { name: "/tmp/out" }],
    ["a name that leads out", { name: "a/../../out" }],
    ["a link that leads out", { name: "l", type: "symlink", linkname: "../.." }],
    ["a link that turns back behind another", { name: "l", type: "symlink", linkname: "x/y/../z" }],
    ["an absolute link", { name: "l", type: "symlink", linkname: "/etc" }],
    ["a hard link that leads out", { name: "l", type: "link", linkname: "../secret" }],
    ["a hard link to a link there", { name: "l", type: "link", linkname: "here" }],
    ["a way through a link there", { name: "here/out" }],
  ];
  test.each(hostile)("refuses %s", async (_what, header) => {
    await mkdir(at("to"));
    await writeFile(at("secret"), "secret");
    await symlink("..", at("to/here"));
    const archive = pack();
    if (header.type === undefined) archive.entry(header, "evil");
    else archive.entry(header);
    archive.finalize();
    const failure = await failureOf(unpack(archive as never, at("to")));
    expect(failure.code).toBe("ssh.download");
    expect(await readdir(at("to"))).toEqual(["here"]);
    expect(await readFile(at("secret"), "utf8")).toBe("secret");
  });

  test("a link of the archive is never written through", async () => {
    const archive = pack();
    archive.entry({ name: "l", type: "symlink", linkname: "." });
    archive.entry({ name: "l/x" }, "evil");
    archive.finalize();
    await failureOf(unpack(archive as never, at("to")));
    expect(await readdir(at("to"))).toEqual(["l"]);
  });

  test("no rights beyond the usual ones come along", async () => {
    const archive = pack();
    archive.entry({ name: "s", mode: 0o4755 }, "x");
    archive.finalize();
    await unpack(archive as never, at("to"));
    expect((await stat(at("to/s"))).mode & 0o7777).toBe(0o755);
  });
});
