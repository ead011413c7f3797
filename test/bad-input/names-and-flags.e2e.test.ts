import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineOnly, expectFailure, Program } from "./program.ts";

const generic = (...more: string[]) => ["create", "-d", "generic", ...more];

describe("create", () => {
  const program = new Program();
  let before: Record<string, string>;
  beforeAll(async () => {
    await program.must([...engineOnly, "keep"]);
    before = program.saved();
  });
  afterAll(() => program.remove());

  test.each([
    ["a name that climbs out", ["../x"], "usage.name"],
    ["a name of two words", ["a b"], "usage.name"],
    ["a name of 70 letters", ["a".repeat(70)], "usage.name"],
    ["an empty name", [""], "usage.name"],
    ["a name with a zero width space", ["a\u200bb"], "usage.name"],
    ["a name of shell", ["$(id)"], "usage.name"],
    ["a fleet's scope", ["@default"], "usage.name"],
    ["a name like a flag", ["-x"], "usage.unknown-flag"],
    ["a name like a flag, after --", ["--", "-x"], "usage.name"],
    ["a name twice", ["a", "b", "a"], "usage.name"],
    ["a name twice, but for its case", ["a", "A"], "usage.name"],
    ["names that numbering makes one", ["--count", "1", "a", "a"], "usage.name"],
    ["a name that numbering makes too long", ["--count", "100", "a".repeat(61)], "usage.name"],
    ["--count 0", ["--count", "0", "a"], "usage.value"],
    ["--count abc", ["--count", "abc", "a"], "usage.value"],
    ["--count 1e9", ["--count", "1e9", "a"], "usage.value"],
    ["no name", [], "usage.missing-argument"],
    ["a flag of another driver", ["--generic-ssh-port", "22", "a"], "usage.unknown-flag"],
  ])("%s is wrong use: nothing is made", async (_what, words, code) => {
    expectFailure(await program.run([...engineOnly, ...words]), { exit: 2, code });
    expect(program.saved()).toEqual(before);
  });

  test("a URL that no Docker has is found by the check before anything is made", async () => {
    const ended = await program.run([...engineOnly, "--none-url", "http://192.0.2.1", "a"]);
    expectFailure(ended, { exit: 3, code: "options.invalid" });
    expect(program.saved()).toEqual(before);
  });

  test.each([
    [["create", "-d", "nspwn", "a"], "driver.unknown", /Did you mean "nspawn"\?/],
    [["create", "-d", "acme", "a"], "driver.unknown", /machinist driver ls.*machinist driver add PACKAGE/],
    [["create", "-d", "../../x", "a"], "driver.unknown", /machinist driver ls/],
    [["create", "a"], "usage.no-driver", /-d: nspawn, generic, none/],
    [generic("--generic-ip-adress", "192.0.2.1", "a"), "usage.unknown-flag", /Did you mean --generic-ip-address/],
    [generic("a"), "options.missing", /--driver generic --help/],
    [generic("--generic-ip-address", "192.0.2.1", "--generic-ssh-port", "0", "a"), "options.invalid", /--help/],
    [generic("--generic-ip-address", "192.0.2.1", "--generic-host-key", "MD5:00", "a"), "options.invalid", /--help/],
    [["crate", "a"], "usage.unknown-command", /machinist create/],
  ])("%j: exit code 2 and the right word", async (args, code, hint) => {
    expectFailure(await program.run(args), { exit: 2, code, hint });
    expect(program.saved()).toEqual(before);
  });

  test.each([
    ["a URL", ["--generic-ip-address", "ssh://192.0.2.1"], "options.invalid", /without scheme/],
    ["a user in it", ["--generic-ip-address", "root@192.0.2.1"], "options.invalid", /--generic-ssh-user/],
    ["a flag in it", ["--generic-ip-address=-oProxyCommand=id"], "options.invalid", /192\.0\.2\.7/],
    ["no such key", ["--generic-ip-address", "192.0.2.1", "--generic-ssh-key", "nowhere"], "driver.ssh-key", /ssh-key/],
  ])("an address that cannot be (%s) is a failed check: exit code 3", async (_what, words, code, hint) => {
    expectFailure(await program.run(generic(...words, "a")), { exit: 3, code, hint });
    expect(program.saved()).toEqual(before);
  });

  test("a name that is taken: exit code 1, and the machine that has it stays as it is", async () => {
    const again = await program.run([...engineOnly, "keep", "new"]);
    expectFailure(again, { exit: 1, code: "machine.exists", hint: "machinist rm keep" });
    expect(program.saved()).toEqual(before);
  });
});

describe("a machine's name mistyped", () => {
  const program = new Program();
  beforeAll(async () => void (await program.must([...engineOnly, "keep"])));
  afterAll(() => program.remove());

  test.each([
    ...["inspect", "url", "ip", "status", "env", "config", "ssh"].map((command) => [command, "kepp"]),
    ["rm", "-y", "keep", "kepp"],
    ...["start", "stop", "restart", "kill", "provision"].map((command) => [command, "kepp"]),
  ])("%s %s: the right one is named, none is touched", async (...args) => {
    const before = program.saved();
    expectFailure(await program.run(args), { exit: 1, code: "machine.unknown", hint: 'Did you mean "keep"?' });
    expect(program.saved()).toEqual(before);
  });

  test("what its driver cannot do is said", async () => {
    expectFailure(await program.run(["ssh", "keep"]), { exit: 1, code: "machine.no-ssh", hint: "machinist env" });
    expectFailure(await program.run(["stop", "keep"]), { exit: 1, code: "power.unsupported" });
    expect(await program.names()).toEqual(["keep"]);
  });
});
