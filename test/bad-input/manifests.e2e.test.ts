import { afterAll, describe, expect, test } from "vitest";
import { expectFailure, Program } from "./program.ts";

const web = (rest: string) => `machines:\n  web: { driver: none, options: { url: "tcp://127.0.0.1:1" }${rest} }\n`;

/** Each alias holds nine of the one before: 9¹⁰ values if anybody wrote them out. */
const bomb = [..."bcdefghij"].reduce(
  (text, name, index) => `${text}${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[index]}`).join(", ")}]\n`,
  "a: &a [x, x, x, x, x, x, x, x, x]\n",
);

const cases: readonly [what: string, text: string | Uint8Array, code: string, says: string | RegExp][] = [
  ["empty", "", "manifest.empty", "bad.yaml:1:1"],
  ["indented with tabs", "machines:\n\tweb: {}\n", "manifest.syntax", /bad\.yaml:2:1: .*[Tt]abs/],
  ["binary", Uint8Array.from({ length: 300 }, (_, index) => (index * 7) % 256), "manifest.encoding", "bad.yaml"],
  ["text with a zero byte", "name: a\0b\n", "manifest.encoding", "control characters"],
  ["with a key twice", `${web("")}${web("").slice(10)}`, "manifest.duplicate-key", 'bad.yaml:3:3: the key "web"'],
  ["with a misspelt key", web(", cuont: 2"), "manifest.unknown-key", 'did you mean "count"?'],
  ["with a count below zero", web(", count: -1"), "manifest.invalid", "from 0 to 1000, not -1"],
  ["with a count in words", web(", count: many"), "manifest.invalid", "a whole number, not this text"],
  ["with a count beyond reason", web(", count: 99999999"), "manifest.invalid", "from 0 to 1000"],
  ["that explodes by aliases", `${bomb}${web("")}`, "manifest.aliases", "more than 50000 values"],
  ["that contains itself", "machines: &a { web: *a }\n", "manifest.aliases", "contains itself"],
  ["with a variable that is not set", web(', labels: { x: "${NOT_SET_HERE}" }'), "manifest.variable", "NOT_SET_HERE"],
  ["with a variable that must be", web(', labels: { x: "${NOT_SET_HERE:?say it}" }'), "manifest.variable", "say it"],
  ["with an unknown driver", "machines: { web: { driver: nspwn } }\n", "driver.unknown", '"nspwn"'],
  ["with an unknown option", "machines: { web: { driver: none, options: { ulr: x } } }\n", "options.unknown", '"url"'],
  ["without a needed option", "machines: { web: { driver: none } }\n", "options.missing", "needs option url"],
  ["with a hostile name", 'machines: { "../../etc": { driver: none } }\n', "manifest.invalid", "must"],
  ["with a prototype's name", '{"__proto__": {"x": 1}, "machines": {}}\n', "manifest.unknown-key", "__proto__"],
  ["nested deeply", `machines: ${"[".repeat(20_000)}\n`, "manifest.too-large", "nested"],
  ["that is no map", "- web\n", "manifest.invalid", "must be a map, not a list"],
];

describe("a manifest", () => {
  const program = new Program();
  afterAll(() => program.remove());

  test.each(cases)(
    "%s is refused with its place, exit code 2, and nothing is made",
    async (_what, text, code, says) => {
      program.file("bad.yaml", text);
      for (const command of ["up", "plan"])
        expectFailure(await program.run([command, "-f", "bad.yaml"]), { exit: 2, code, says });
      expect(program.saved()).toEqual({});
    },
  );

  test.each([
    [["up"], "usage.no-manifest", /machinist create NAME/],
    [["up", "-f", "nowhere.yaml"], "manifest.not-found", /--file/],
    [["up", "-f", "."], "manifest.unreadable", /machinist plan -f \./],
    [["up", "-f", "/etc/passwd"], "manifest.format", /Rename/],
    [["down", "-y", "-f", "nowhere.yaml"], "manifest.not-found", /--file/],
    [["down", "-y", "nothing"], "usage.unknown-fleet", /no fleets/],
  ])("%j without one says where it was looked for", async (args, code, hint) => {
    expectFailure(await program.run(args), { exit: 2, code, hint });
    expect(program.saved()).toEqual({});
  });

  test("all that is wrong is told at once, each with its place", async () => {
    program.file("bad.yaml", web(", cuont: 2, labels: 3"));
    const { stderr } = await program.run(["up", "-f", "bad.yaml"]);
    expect(stderr).toContain("has 2 problems");
    expect(stderr.match(/^bad\.yaml:2:\d+: /gm)).toHaveLength(2);
  });

  test("of machines that are there already: what is refused changes none of them", async () => {
    program.file("good.yaml", `name: good\ncontexts: false\n${web("")}`);
    await program.must(["up", "-f", "good.yaml"]);
    const before = program.saved();
    program.file("good.yaml", `name: good\ncontexts: false\n${web(", count: 3, cuont: 1")}`);
    expectFailure(await program.run(["up", "-f", "good.yaml"]), { exit: 2, code: "manifest.unknown-key" });
    program.file("good.yaml", `name: other\ncontexts: false\n${web("")}`);
    expectFailure(await program.run(["up", "-f", "good.yaml"]), {
      exit: 1,
      code: "machine.taken",
      hint: "machinist rm web-1",
    });
    expect(program.saved()).toEqual(before);
    await program.must(["down", "-y", "good"]);
  });

  test("with --json an error is one JSON object on stderr, and stdout stays empty", async () => {
    program.file("bad.yaml", web(", cuont: 2"));
    const { exit, stdout, stderr } = await program.run(["up", "--json", "-f", "bad.yaml"]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({
      type: "error",
      code: "manifest.unknown-key",
      message: expect.stringContaining("bad.yaml:2:"),
      hint: expect.stringContaining("machinist plan -f bad.yaml"),
    });
  });
});
