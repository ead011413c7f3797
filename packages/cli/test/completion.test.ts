import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fastAnswer } from "../src/fast.ts";
import { machineNames, naturally, storageFolder } from "../src/machine-names.ts";
import { manifest, spec } from "./fake-manifest.ts";
import { run } from "./world.ts";

let store = "";
beforeAll(() => {
  store = mkdtempSync(join(tmpdir(), "machinist-cli-store-"));
  for (const name of ["web-10", "web-2", "Alpha", ".hidden", "empty", "$(touch pwned)"])
    mkdirSync(join(store, "machines", name), { recursive: true });
  for (const name of ["web-10", "Alpha", ".hidden", "$(touch pwned)"])
    writeFileSync(join(store, "machines", name, "record.json"), "{}");
  writeFileSync(join(store, "machines", "web-2", "config.json"), "{}");
});
afterAll(() => rmSync(store, { recursive: true, force: true }));

describe("the fast path", () => {
  test("ls -q: names of machines, naturally sorted", () => {
    const env = { MACHINE_STORAGE_PATH: store };
    expect(fastAnswer(["ls", "-q"], env)).toBe("Alpha\nweb-2\nweb-10\n");
    expect(fastAnswer(["-s", store, "ls", "--quiet"], {})).toBe("Alpha\nweb-2\nweb-10\n");
    expect(fastAnswer(["ls", "-q"], { MACHINE_STORAGE_PATH: join(store, "nothing") })).toBe("");
  });
  test("leaves everything else to the rest", () => {
    for (const argv of [[], ["ls"], ["ls", "-q", "--json"], ["--version", "x"], ["-s", "x"], ["--json", "ls", "-q"]])
      expect(fastAnswer(argv, { MACHINE_STORAGE_PATH: store })).toBeUndefined();
    expect(
      fastAnswer(["ls", "-q"], { MACHINE_STORAGE_PATH: join(store, "machines/web-2/config.json") }),
    ).toBeUndefined();
    expect(fastAnswer(["--version"], {})).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
  test("names sort naturally; the store is found as docker-machine's", () => {
    expect(["b10", "b9", "B1", "a", "b9x"].sort(naturally)).toEqual(["a", "B1", "b9", "b9x", "b10"]);
    expect(storageFolder(undefined, { HOME: "/h" })).toBe("/h/.docker/machine");
    expect(machineNames(store)).not.toContain("$(touch pwned)");
  });
});

describe("candidates", () => {
  const complete = async (...words: string[]) =>
    (await run(["__complete", "--", ...words], { env: { MACHINE_STORAGE_PATH: store } })).stdout
      .split("\n")
      .slice(0, -1);

  test.each([
    [["re"], ["rename", "reap", "restart", "regenerate-certs"]],
    [["--pro"], ["--progress"]],
    [
      ["swarm", ""],
      ["recover", "rotate-key"],
    ],
    [
      ["--progress", ""],
      ["auto", "live", "plain", "none"],
    ],
    [
      ["stop", "web"],
      ["web-2", "web-10"],
    ],
    [["stop", "web-2", "A"], ["Alpha"]],
    [["scp", "A"], ["Alpha:"]],
    [["ls", "--fil"], ["--filter"]],
    [
      ["env", "--shell", "p"],
      ["powershell", "pwsh"],
    ],
    [["create", "-d", ""], ["toy"]],
    [["create", "-d", "toy", "--toy-c"], ["--toy-colour"]],
    [
      ["help", "st"],
      ["start", "stop", "status"],
    ],
    [["nope", ""], []],
    [["create", "-d", "nope", "--"], []],
  ])("%j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });
});

test("names of compose projects complete from the manifest, also from one that was named", async () => {
  const read: (readonly string[])[] = [];
  const compose = ["shop", "shop", "blog"].map((name, at) => ({ name, machine: `m${at}`, files: [] }));
  const services = {
    findManifest: async () => "/here/machines.yaml",
    readManifest: async (files: readonly string[]) => {
      read.push(files);
      return { ...(await manifest.readManifest()), spec: { ...spec, compose } };
    },
  };
  const complete = async (...words: string[]) => (await run(["__complete", "--", ...words], { services })).stdout;
  expect(await complete("up", "--overwrite-data", "")).toBe("shop\nblog\n");
  expect(await complete("plan", "-f", "a.yaml", "--file", "b.yaml", "--overwrite-data", "s")).toBe("shop\n");
  expect(read).toEqual([["/here/machines.yaml"], ["a.yaml", "b.yaml"]]);
});

describe("scripts", () => {
  test.for(["bash", "zsh", "fish"])("%s reads its script without a complaint", async (shell, { skip }) => {
    const { stdout } = await run(["completion", shell]);
    const script = join(store, `completion.${shell}`);
    writeFileSync(script, stdout);
    const check = spawnSync(shell, ["-n", script], { encoding: "utf8" });
    skip(check.error !== undefined, `there is no ${shell} here`);
    expect(check.stderr).toBe("");
  });

  test("bash completes, quotes candidates, and runs none of them", async () => {
    const bin = join(store, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "machinist"), "#!/bin/sh\nprintf '%s\\n' 'web 1' '$(touch pwned)' 'other' \"w$*\"\n");
    chmodSync(join(bin, "machinist"), 0o755);
    const { stdout: script } = await run(["completion", "bash"]);
    const ask = `${script}\nCOMP_WORDS=(machinist stop "$1"); COMP_CWORD=2; _machinist; printf '<%s>' "\${COMPREPLY[@]}"; ls pwned 2>/dev/null; true`;
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const typed = (word: string) =>
      spawnSync("bash", ["-c", ask, "_", word], { env, cwd: store, encoding: "utf8" }).stdout;
    expect(typed("w")).toBe("<web\\ 1><w__complete\\ --\\ stop\\ w>");
    expect(typed("$")).toBe("<\\$\\(touch\\ pwned\\)>");
  });
});
