import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findManifest, readManifest } from "../src/index.ts";
import { inFolder, read } from "./folder.ts";

const machines = async (text: string, options = {}) => (await read(text, options)).spec.machines;

describe("what a manifest is written in", () => {
  it("follows anchors and merge keys", async () => {
    const found = await machines(`
machines:
  a: &a { driver: x, count: 1 }
  b: { <<: *a, driver: y }
  c: *a
`);
    expect(found.map(({ name, driver }) => `${name} ${driver}`)).toEqual(["a-1 x", "b-1 y", "c-1 x"]);
  });

  it("merges files: later ones win, maps deep, lists whole, paths where they are written", async () => {
    const files = {
      "base/c.yaml": "",
      "base/machines.yaml":
        "name: one\nmachines: { a: { options: { x: [1, 2], y: 1 } } }\ncompose: [{ file: c.yaml, on: a }]\n",
      "over.toml": 'name = "two"\n[machines.a.options]\nx = [3]\n[machines.b]\n',
    };
    await inFolder(files, async (cwd) => {
      const { spec, files: read } = await readManifest(["base/machines.yaml", "over.toml"], { env: {}, cwd });
      expect(spec.name).toBe("two");
      expect(spec.machines.map(({ name, options }) => [name, options])).toEqual([
        ["a-1", { x: [3], y: 1 }],
        ["b-1", {}],
      ]);
      expect(spec.compose[0]?.files).toEqual([join(cwd, "base/c.yaml")]);
      expect(read).toEqual([join(cwd, "base/machines.yaml"), join(cwd, "over.toml")]);
    });
  });

  it("reads the same fleet from YAML, JSON and TOML", async () => {
    const yaml = await read("machines: { web: { count: 2, options: { a: [x], b: 1.5 }, engine: { port: 1 } } }\n");
    const json =
      '{"$schema": "x",\n\t"machines": {"web": {"count": 2, "options": {"a": ["x"], "b": 1.5}, "engine": {"port": 1}}}}';
    const toml = '[machines.web]\ncount = 2\nengine.port = 1\n[machines.web.options]\na = ["x"]\nb = 1.5\n';
    expect((await read(json, {}, "machines.json")).spec).toEqual(yaml.spec);
    expect((await read(toml, {}, "machines.toml")).spec).toEqual(yaml.spec);
  });

  it("reads variables as the type that is wanted", async () => {
    const text = `
machines:
  web:
    count: \${N}
    driver: $D
    options: { key: "\${KEY:-none}", price: "$$5" }
    engine: { hostname: "\${H-false}", version: "\${V}" }
`;
    const options = { env: { N: "2", V: "28" }, files: { ".env": "D=from-file\nN=9\n" } };
    const found = await machines(text, options);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({ driver: "from-file", options: { key: "none", price: "$5" } });
    expect(found[0]?.engine).toEqual({ hostname: false, version: "28" });
  });

  it("takes a .env file that is no file, a pipe, or another program's for what it is", async () => {
    await inFolder({ "machines.yaml": "machines: { web: { driver: $D } }\n" }, async (cwd) => {
      const driver = async (env: Record<string, string>) =>
        (await readManifest(["machines.yaml"], { env, cwd })).spec.machines[0]?.driver;
      await mkdir(join(cwd, ".env"));
      expect(await driver({ D: "x" })).toBe("x");
      await expect(driver({})).rejects.toThrow(
        "the variable D is not set, and the .env file beside the manifest is no file",
      );
      await rm(join(cwd, ".env"), { recursive: true });
      if (process.platform !== "win32") {
        execFileSync("mkfifo", [join(cwd, ".env")]);
        expect(await driver({ D: "x" })).toBe("x");
        await expect(driver({})).rejects.toThrow("is no file");
        await rm(join(cwd, ".env"));
      }
      await writeFile(join(cwd, ".env"), Buffer.from("P=caf\xe9\nD=y\nmy-var=$\n", "latin1"));
      expect(await driver({})).toBe("y");
    });
  });

  it("leaves the prototype of objects alone", async () => {
    const found = await machines("machines: { web: { options: { __proto__: { polluted: 1 } } } }\n");
    expect(Object.keys(found[0]!.options)).toEqual(["__proto__"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("findManifest", () => {
  it("finds the first of the usual names that is a file", async () => {
    await inFolder({}, async (cwd) => expect(await findManifest(cwd)).toBeUndefined());
    await inFolder({ "machines.toml": "", "machines.yml": "" }, async (cwd) => {
      await mkdir(join(cwd, "machines.yaml"));
      expect(await findManifest(cwd)).toBe(join(cwd, "machines.yml"));
    });
  });
});
