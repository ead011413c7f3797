import { randomBytes } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { RealServer } from "./support/real-server.ts";
import { noSshd } from "./support/sshd.ts";

const MiB = 1024 * 1024;

describeUnless(noSshd, "a server that changes its keys every 4 MiB", () => {
  let server: RealServer;

  beforeAll(async () => {
    server = await RealServer.start(["RekeyLimit 4M"]);
  });
  afterAll(() => server?.remove());

  test("uploads and downloads far larger than that arrive whole, with programs running beside them", async () => {
    const pool = server.pool();
    const host = await pool.connect("m1");
    const piece = randomBytes(MiB);
    const file = await open(join(server.dir, "big"), "w");
    for (let at = 0; at < 64; at++) await file.write(piece);
    await file.close();
    const beside = (async () => {
      for (let count = 0; count < 200; count++)
        expect((await host.run(["echo", String(count)])).stdout).toBe(`${count}\n`);
    })();
    await host.upload(new Map([["big", join(server.dir, "big")]]), join(server.dir, "there"));
    await host.download(join(server.dir, "there/big"), join(server.dir, "back"));
    await beside;
    expect((await stat(join(server.dir, "back"))).size).toBe(64 * MiB);
    expect(Buffer.compare(await readFile(join(server.dir, "back")), await readFile(join(server.dir, "big")))).toBe(0);
    await pool.closeAll();
  });
});
