import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ec2Server, ec2Unavailable } from "@machinist/lab";
import { expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";

const folderHere = fileURLToPath(new URL(".", import.meta.url));
const reason = ec2Unavailable();

describeUnless(reason, "at moto", () => {
  test("100 machines take at most 60 calls and 250 MB, and a few calls to look at and to remove", async () => {
    const folder = mkdtempSync(join(tmpdir(), "machinist-ec2-hundred-"));
    const server = await Ec2Server.start();
    const child = await program(server.url, join(folder, "store"));
    try {
      const { made, peakMb } = await next(child, "made");
      const making = server.countCalls();
      expect(made).toMatchObject({ ok: true, failures: [] });
      const { CreateTags: naming = 0, ...others } = making.of;
      const calls = making.all - naming;
      console.log(
        `up of 100: ${calls} calls ${JSON.stringify(others)}, ${naming} naming, ${peakMb.toFixed(0)} MB, ${made.ms} ms`,
      );
      expect(naming).toBeLessThanOrEqual(100);
      expect(calls).toBeLessThanOrEqual(60);
      expect(peakMb).toBeLessThanOrEqual(250);
      const lines = await server.inventory();
      expect(lines.filter((line) => line.startsWith("instance "))).toHaveLength(100);
      expect(new Set(lines.map((line) => /machinist:owner=(\S+-instance-\d+)/.exec(line)?.[1])).size).toBe(101);

      child.send("again");
      const { again } = await next(child, "again");
      console.log(`up again: ${JSON.stringify(server.countCalls())}, ${again.ms} ms`);
      expect(again).toMatchObject({ ok: true, changed: 0 });

      child.send("down");
      const { removed } = await next(child, "removed");
      const removing = server.countCalls();
      console.log(`down: ${JSON.stringify(removing)}, ${removed.ms} ms`);
      expect(removed).toMatchObject({ ok: true });
      expect(removing.all).toBeLessThanOrEqual(60);
      expect(await server.inventory()).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A process of its own, so that its memory is all its own. The bundle lies where the SDK is found, which stays outside of it. */
async function program(endpoint: string, store: string): Promise<ChildProcess> {
  const outfile = join(folderHere, "../../packages/driver-amazonec2/node_modules", `.hundred-${process.pid}.mjs`);
  const fromTsup = createRequire(createRequire(import.meta.url).resolve("tsup"));
  const esbuild = fromTsup("esbuild") as { build(options: object): Promise<unknown> };
  await esbuild.build({
    entryPoints: [join(folderHere, "amazonec2-fleet.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@machinist/source"],
    external: ["@aws-sdk/*", "cpu-features", "*.node"],
    banner: { js: "import { createRequire as here } from 'node:module'; const require = here(import.meta.url);" },
    outfile,
    logLevel: "error",
  });
  const credentials = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
  const child = fork(outfile, [endpoint, store], { env: { PATH: process.env.PATH, HOME: store, ...credentials } });
  child.once("exit", () => rmSync(outfile, { force: true }));
  return child;
}

// biome-ignore lint/suspicious/noExplicitAny: what the program reports is looked at by the test alone.
const next = (child: ChildProcess, what: string): Promise<any> =>
  new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the program ended with ${code} before it told ${what}`)));
    child.once("message", (told: object) => {
      if (what in told) resolve(told);
      else reject(new Error(`instead of ${what}: ${JSON.stringify(told)}`));
    });
  });
