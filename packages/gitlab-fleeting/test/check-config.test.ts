import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import digitalocean from "@machinist/driver-digitalocean";
import simulated from "@machinist/driver-simulated";
import { checkConfig } from "@machinist/gitlab-fleeting";
import { afterEach, beforeEach, expect, test } from "vitest";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-fleeting-"));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const runner = (name: string, config: string, plugin = "fleeting-plugin-machinist", protocol = "ssh") => `
[[runners]]
  name = "${name}"
  token = "glrt-secret"
  executor = "docker-autoscaler"
  [runners.autoscaler]
    plugin = "${plugin}"
    [runners.autoscaler.connector_config]
      protocol = "${protocol}"
    [runners.autoscaler.plugin_config]
      ${config}
`;
const fine = (name: string) => `name = "${name}"\n driver = "simulated"\n engine = false\n options = { size = "big" }`;

const check = async (...texts: string[]) => {
  const path = join(top, "config.toml");
  writeFileSync(path, ["concurrent = 4", ...texts].join("\n"));
  const env = { HOME: top, MACHINE_STORAGE_PATH: join(top, "store") };
  const checked = await checkConfig(path, { env, drivers: [simulated] });
  return checked.map(({ runner, group, problem }) => [runner, group ?? problem?.message]);
};

test("each runner with this plugin is looked at, others are not, and nothing is written", async () => {
  const others = runner("theirs", 'name = "x"', "aws:latest");
  expect(
    await check(runner("one", fine("ci")), others, runner("two", fine("big"), "/opt/fleeting-plugin-machinist:1.0")),
  ).toEqual([
    ["one", "ci"],
    ["two", "big"],
  ]);
  expect(readdirSync(top)).toEqual(["config.toml"]);
});

test("what is wrong is told of the runner that it is wrong with", async () => {
  const wrong = fine("b").replace("size", "seize");
  const winrm = runner("four", fine("d"), "fleeting-plugin-machinist", "winrm");
  const absent = runner("three", 'name = "cc"\ndriver = "nowhere"\nengine = false');
  expect(await check(runner("one", fine("aa")), runner("two", wrong.replace('"b"', '"bb"')), absent, winrm)).toEqual([
    ["one", "aa"],
    ["two", 'Driver simulated has no option "seize"; did you mean "size"?'],
    ["three", 'There is no driver "nowhere" here'],
    ["four", expect.stringContaining("name must be")],
  ]);
  expect(await check(runner("five", fine("ee"), "fleeting-plugin-machinist", "winrm"))).toEqual([
    ["five", "Machines answer SSH, not winrm"],
  ]);
});

test("the example in the README is right", async () => {
  const blocks = readFileSync(new URL("../README.md", import.meta.url), "utf8").matchAll(/^```toml\n(.*?)^```$/gms);
  const after = [...blocks].map(([, text]) => text!).find((text) => text.includes("plugin_config"));
  writeFileSync(join(top, "config.toml"), after!);
  const checked = await checkConfig(join(top, "config.toml"), { env: { HOME: top }, drivers: [digitalocean] });
  expect(checked).toEqual([{ runner: "runner 1", group: "ci" }]);
});

test("two runners do not share a group", async () => {
  const both = "one and two have one group, ci";
  expect(await check(runner("one", fine("ci")), runner("two", fine("ci")))).toEqual([
    ["one", both],
    ["two", both],
  ]);
});

test("a file that is none, or has nothing of ours, is told of without what it holds", async () => {
  const problem = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });
  await expect(check("[[runners]]\ntoken = glrt-secret")).rejects.toMatchObject(
    problem("fleeting.config", /is no TOML: [^\n]*$/),
  );
  await expect(check("token = glrt-secret")).rejects.not.toThrow("glrt-secret");
  await expect(check()).rejects.toMatchObject(problem("fleeting.config", /^No runner in .* uses this plugin$/));
  await expect(checkConfig(join(top, "absent"), { env: {} })).rejects.toMatchObject(
    problem("fleeting.config", /cannot be read: ENOENT/),
  );
});
