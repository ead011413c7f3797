import { MachinistError } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

describe("machinist", () => {
  test("alone, and with help, lists every command", async () => {
    for (const argv of [[], ["help"], ["--help"], ["-h"]]) {
      const { code, stdout } = await run(argv);
      expect(code).toBe(0);
      expect(stdout).toContain("Usage: machinist COMMAND");
      expect(stdout).toMatch(/^ {2}regenerate-certs /m);
    }
  });

  test("help COMMAND and COMMAND --help say the same", async () => {
    const [one, other] = [await run(["help", "ls"]), await run(["ls", "--help"])];
    expect(one.stdout).toBe(other.stdout);
    expect(one.stdout).toContain("--filter <key=value>");
  });

  test.each([
    [["--version"], "0.0.0-source\n"],
    [["-V"], "0.0.0-source\n"],
  ])("%j", async (argv, expected) => {
    expect(await run(argv)).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });

  test.each([
    [["lss"], /no command "lss" \(usage\.unknown-command\)\nhint: Did you mean `machinist ls`/],
    [["ls", "--jsn"], /no flag --jsn \(usage\.unknown-flag\)\nhint: Did you mean --json\?/],
    [["--nope"], /no flag --nope \(usage\.unknown-flag\)/],
    [["ls", "extra"], /\(usage\.too-many-arguments\)/],
    [["rm"], /\(usage\.missing-argument\)/],
    [["ls", "--progress", "loud"], /--progress must be one of .*\(usage\.value\)/],
    [["ls", "--concurrency", "0"], /\(usage\.value\)/],
    [["ls", "--concurrency"], /\(usage\.missing-value\)/],
    [["ls", "--filter", "nope=1"], /no filter "nope" \(usage\.filter\)/],
    [["ls", "--filter", "name=("], /no regular expression/],
    [["create", "a b", "-d", "toy"], /cannot be a machine's name \(usage\.name\)/],
    [["create", "a", "A", "-d", "toy"], /A was named twice \(usage\.name\)\nhint: Give each/],
    [["create", "a", "--count", "0", "-d", "toy"], /\(usage\.value\)\nhint: See `machinist create --help`/],
    [["create", "a"], /No driver was named \(usage\.no-driver\)\nhint: Name one with -d: toy/],
    [["create", "a", "-d", "nope"], /no driver nope \(driver\.unknown\)/],
    [["create", "a", "-d", "toy", "--toy-size", "x"], /must be a whole number.*\(options\.invalid\)/],
    [["create", "a", "-d", "toy"], /needs option size.*\(options\.missing\)/],
    [["env", "web-1", "--shell", "perl"], /no shell "perl"/],
    [["completion", "perl"], /no completion for "perl"/],
    [["up"], /no machines\.yaml in \/nowhere \(usage\.no-manifest\)/],
    [["rm", "web-1"], /needs confirmation.*\(usage\.confirm\)\nhint: Pass --yes/],
    [["scp", "a", "b"], /Neither path names a machine/],
    [["status"], /none is called "default" \(usage\.no-machine\)\nhint: There are web-1, db/],
    [["down", "nope"], /no fleet "nope" \(usage\.unknown-fleet\)/],
  ])("%j is wrong use: exit code 2, a sentence, no stack", async (argv, sentence) => {
    const { code, stdout, stderr } = await run(argv);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("errors are one JSON object with --json, wherever it stands", async () => {
    for (const argv of [
      ["--json", "lss"],
      ["ls", "--json", "--bad"],
    ])
      expect(JSON.parse((await run(argv)).stderr)).toMatchObject({
        type: "error",
        code: expect.stringMatching(/^usage\./),
      });
  });

  test("a bug shows its stack with --debug only", async () => {
    const broken = fakeMachinist({ overrides: { names: () => Promise.reject(new Error("oops")) } }).machinist;
    const plain = await run(["ls", "-q"], { machinist: broken });
    expect(plain).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error: oops (internal)\nhint: This is a bug"),
    });
    expect(plain.stderr).not.toContain("    at ");
    expect((await run(["ls", "-q", "--debug"], { machinist: broken })).stderr).toContain("    at ");
  });

  test("an error of another copy of core keeps its code and hint", async () => {
    class Foreign extends Error {
      readonly code = "driver.tool-missing";
      readonly hint = "Install it.";
      readonly retryable = false;
      readonly stage = "check";
    }
    const machinist = fakeMachinist({ overrides: { names: () => Promise.reject(new Foreign("No tool")) } }).machinist;
    const { code, stderr } = await run(["ls", "-q"], { machinist });
    expect({ code, stderr }).toEqual({ code: 3, stderr: "error: No tool (driver.tool-missing)\nhint: Install it.\n" });
  });

  test("text of others cannot command the terminal", async () => {
    const nasty = new MachinistError("ssh.refused", "no\x1b[2Jway\x07\x1b]0;pwned\x07");
    const machinist = fakeMachinist({ overrides: { names: () => Promise.reject(nasty) } }).machinist;
    expect((await run(["ls", "-q"], { machinist })).stderr).toBe("error: noway (ssh.refused)\n");
  });

  test("global flags reach the store, before or after the command", async () => {
    for (const argv of [
      ["-s", "/x", "--concurrency=3", "ls", "-q"],
      ["ls", "-q", "--storage-path=/x", "--concurrency", "3"],
    ])
      expect((await run(argv)).opened).toMatchObject([{ storagePath: "/x", concurrency: 3 }]);
  });

  test("the store is closed after each command", async () => {
    const fake = fakeMachinist();
    await run(["ip", "web-1"], { machinist: fake.machinist });
    await run(["ip", "nope"], { machinist: fake.machinist });
    expect(fake.closed).toBe(2);
  });
});
