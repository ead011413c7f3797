import { expect, test } from "vitest";
import { groupSettings } from "../src/group/settings.ts";

const env = { TOKEN_FILE: "/run/token" };
const fine = { name: "ci", driver: "nspawn" };
const problem = (config: unknown) =>
  groupSettings(config, env).then(
    () => "nothing is wrong",
    ({ code, message, hint }) => {
      expect([code, hint]).toEqual(["fleeting.config", expect.stringMatching(/README/)]);
      return message.replace("plugin_config in config.toml is not right: ", "");
    },
  );

test("what is said, and what holds where nothing is said", async () => {
  expect(await groupSettings(fine, env)).toEqual({
    name: "ci",
    maxSize: 100,
    machine: { driver: "nspawn", options: {}, engine: {} },
  });
  const all = {
    ...{ ...fine, max_size: 12, storage_path: "/var/lib/runner", lease: "1h30m" },
    options: { image: "docker", memory: 512 },
    engine: { "registry-mirrors": ["https://mirror.example"], labels: { team: "$TOKEN_FILE" } },
  };
  expect(await groupSettings(all, env)).toEqual({
    ...{ name: "ci", maxSize: 12, storagePath: "/var/lib/runner" },
    machine: {
      driver: "nspawn",
      options: { image: "docker", memory: 512 },
      engine: { registryMirrors: ["https://mirror.example"], labels: { team: "/run/token" } },
      leaseMs: 5_400_000,
    },
  });
  expect(await groupSettings({ ...fine, engine: false }, env)).toMatchObject({ machine: { engine: false } });
});

test.each([
  [{ ...fine, naem: 1 }, 'there is no key "naem"; did you mean "name"?'],
  [{ ...fine, max_size: 0 }, "max_size must be a whole number from 1 to 10000"],
  [{ ...fine, max_size: 1.5 }, "max_size must be a whole number from 1 to 10000"],
  [{ ...fine, storage_path: "store" }, "storage_path must be an absolute path"],
  [{ driver: "nspawn" }, /^name must be 2 to 32 lower-case letters/],
  [{ ...fine, name: "CI" }, /^name must be 2 to 32 lower-case letters/],
  [{ ...fine, name: "../etc" }, /^name must be 2 to 32 lower-case letters/],
  [{ name: "ci" }, 'driver must be a name, for example "digitalocean"'],
  [{ ...fine, engine: { prot: 1 } }, /prot/],
  [{ ...fine, lease: "soon" }, /lease/],
  [{ ...fine, options: 3 }, /options/],
  [[], "it must be a table"],
  [null, "it must be a table"],
  ["ci", "it must be a table"],
])("%j is refused", async (config, message) => {
  expect(await problem(config)).toMatch(message);
});

test("all that is wrong is told at once", async () => {
  const said = await problem({ name: 3, driver: "x", max_size: "many", engine: { port: 0 }, hurry: true });
  expect(said).toMatch(/no key "hurry".*; name must .*; max_size must .*; .*port/);
});
