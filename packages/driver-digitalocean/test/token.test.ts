import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { doctlConfig, findToken } from "../src/token.ts";
import { failing } from "./driver-world.ts";

const home = mkdtempSync(join(tmpdir(), "machinist-doctl-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const configured = (text: string, platform = "linux", env: Record<string, string> = { HOME: home }) => {
  const path = doctlConfig(env, platform);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return findToken(env, platform);
};

test("the environment comes first", async () => {
  const env = { HOME: home, DIGITALOCEAN_ACCESS_TOKEN: " dop_v1_env\n" };
  expect(await configured("access-token: dop_v1_doctl\n", "linux", env)).toBe("dop_v1_env");
});

test("else doctl's current context has it, wherever doctl keeps its configuration", async () => {
  const text = "access-token: dop_v1_main\nauth-contexts:\n  team: dop_v1_team\ncontext: default\n";
  expect(await configured(text)).toBe("dop_v1_main");
  expect(await configured(text.replace("context: default", "context: team"))).toBe("dop_v1_team");
  expect(await configured(text, "linux", { HOME: home, DIGITALOCEAN_CONTEXT: "team" })).toBe("dop_v1_team");
  expect(await configured(text, "darwin")).toBe("dop_v1_main");
  expect(await configured(text, "win32", { APPDATA: join(home, "roaming") })).toBe("dop_v1_main");
  expect(await configured(text, "linux", { HOME: "/nowhere", XDG_CONFIG_HOME: join(home, "xdg") })).toBe("dop_v1_main");
  expect(doctlConfig({ HOME: "/home/me" }, "linux")).toBe("/home/me/.config/doctl/config.yaml");
  expect(doctlConfig({ HOME: "/Users/me" }, "darwin")).toBe("/Users/me/Library/Application Support/doctl/config.yaml");
});

test("a configuration without a token, or that is none, is said to be so, and not repeated", async () => {
  expect((await failing(configured("context: default\naccess-token: ''\n"))).code).toBe("digitalocean.no-token");
  expect((await failing(configured("context: elsewhere\naccess-token: dop_v1_secret\n"))).code).toBe(
    "digitalocean.no-token",
  );
  for (const text of ["access-token: [dop_v1_secret\n", "dop_v1_secret\n", "access-token: dop_v1_secret: x\n"]) {
    const error = await failing(configured(text));
    expect(error.code).toBe("digitalocean.doctl");
    expect(`${error.message} ${error.hint} ${error.stack} ${error.cause}`).not.toContain("secret");
  }
});
