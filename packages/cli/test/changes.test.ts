import { describe, expect, test } from "vitest";
import { fakeMachinist, info, outcome } from "./fake-machinist.ts";
import { run } from "./world.ts";

describe("rm, power, provision, regenerate-certs", () => {
  test.each([
    [
      ["rm", "-y", "db", "web-1", "db"],
      ["remove", ["db", "web-1"], { force: false, leaveUnreachable: true }],
    ],
    [
      ["rm", "db", "-f"],
      ["remove", ["db"], { force: true, leaveUnreachable: true }],
    ],
    [
      ["start", "db", "web-1"],
      ["power", "start", ["db", "web-1"], {}],
    ],
    [
      ["stop", "db"],
      ["power", "stop", ["db"], {}],
    ],
    [
      ["restart", "db"],
      ["power", "restart", ["db"], {}],
    ],
    [
      ["kill", "db"],
      ["power", "kill", ["db"], {}],
    ],
    [
      ["provision", "db"],
      ["provision", ["db"], {}],
    ],
    [
      ["regenerate-certs", "-f", "db", "--client-certs"],
      ["regenerateCerts", ["db"], { client: true }],
    ],
    [
      ["regenerate-certs", "--ca"],
      ["rotateAuthority", {}],
    ],
  ])("%j", async (argv, call) => {
    const fake = fakeMachinist();
    expect((await run(argv, { machinist: fake.machinist })).code).toBe(0);
    expect(fake.calls).toEqual([call]);
  });

  test("rm asks about a machine on a host that does not answer with what stays there", async () => {
    const fake = fakeMachinist({ overrides: { unreachable: async () => ["db"] } });
    const { code, stderr } = await run(["rm", "db", "web-1"], { machinist: fake.machinist, columns: 80, typed: "n\n" });
    expect(code).toBe(0);
    expect(stderr).toContain(
      "Remove db, web-1 (db: the host does not answer, and what is on it stays as it is)? [y/N]",
    );
    expect(fake.calls).toEqual([]);
  });

  test("rm that failed tells how to forget; what was forgotten by force is warned of, not an error", async () => {
    const failures = [{ id: "db/engine", code: "ssh.auth", message: "No key fits", hint: "Look at the key." }];
    const failing = fakeMachinist({ outcome: outcome({ ok: false, failures }) });
    const failed = await run(["rm", "-y", "db"], { machinist: failing.machinist });
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error: .*\(ssh\.auth\)\nhint: Look at the key\./),
    });
    expect(failed.stderr).toContain("machinist rm -f db");
    const forced = fakeMachinist({ outcome: outcome({ failures }) });
    const forgotten = await run(["rm", "-f", "db"], { machinist: forced.machinist });
    expect(forgotten).toMatchObject({ code: 0, stderr: "warning: db/engine: No key fits\n" });
  });

  test.each([
    [["--toy-shiny", "web"], true],
    [["--toy-shiny", "false", "web"], false],
    [["--toy-shiny=false", "web"], false],
    [["web", "--toy-shiny"], true],
  ])("a flag that is true or false takes no name for its value: create %j", async (words, shiny) => {
    const fake = fakeMachinist();
    const { code } = await run(["create", "-d", "toy", "--toy-size", "1", ...words], { machinist: fake.machinist });
    expect(code).toBe(0);
    expect(fake.calls).toMatchObject([["create", [{ name: "web", options: { shiny } }], {}]]);
  });

  test("rm of an unknown name removes nothing, unless forced", async () => {
    const fake = fakeMachinist();
    const { code, stderr } = await run(["rm", "-y", "db", "nope"], { machinist: fake.machinist });
    expect({ code, stderr, calls: fake.calls }).toEqual({
      code: 1,
      stderr: 'error: There is no machine "nope" (machine.unknown)\nhint: Look again.\n',
      calls: [],
    });
    await run(["rm", "-f", "nope"], { machinist: fake.machinist });
    expect(fake.calls).toHaveLength(1);
  });

  test("without a name, the machine called default", async () => {
    const fake = fakeMachinist({ machines: [info("default")] });
    await run(["stop"], { machinist: fake.machinist });
    expect(fake.calls).toEqual([["power", "stop", ["default"], {}]]);
  });
});
