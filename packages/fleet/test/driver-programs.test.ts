import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";

const example = fileURLToPath(new URL("../../../examples/driver-sh/machinist-driver-shshelf", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-programs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A driver's program on PATH that writes its environment down each time it is started, then what it was asked first. */
async function program(place = "bin"): Promise<string> {
  const path = join(folder, place, "machinist-driver-shshelf");
  await mkdir(join(folder, place), { recursive: true });
  const text = (await readFile(example, "utf8"))
    .replace('"size":{', '"region":{"type":"string","description":"Where","x-env":"AWS_SECRET_ACCESS_KEY"},"size":{')
    .replace(
      '"resourceTypes":',
      '"credentials":{"token":{"description":"Token","env":"GITHUB_TOKEN"}},"resourceTypes":',
    )
    .replace("set -u\n", `set -u\nenv >> '${join(folder, `given-${place}`)}'\n`);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}
const given = (place = "bin") => readFile(join(folder, `given-${place}`), "utf8");
const forgetGiven = (place = "bin") => rm(join(folder, `given-${place}`), { force: true });

const opened = (env: Record<string, string> = {}, places: readonly string[] = ["bin"]) =>
  openMachinist({
    storagePath: join(folder, "store"),
    env: {
      ...{ PATH: [...places.map((place) => join(folder, place)), process.env.PATH].join(":"), HOME: folder },
      ...{ LANG: "C.UTF-8", LC_TIME: "C", TMPDIR: tmpdir(), SHSHELF_FOLDER: join(folder, "shelf"), SHSHELF_DEBUG: "1" },
      ...{ AWS_SECRET_ACCESS_KEY: "hunter2", DOCKER_HOST: "tcp://hunter2", SSH_AUTH_SOCK: "/hunter2" },
      ...{ HTTPS_PROXY: "http://me:hunter2@proxy", HTTP_PROXY: "http://proxy" },
      ...env,
    },
  });
const web = { name: "web", driver: "shshelf", engine: false as const, options: {} };

test("a driver that is a program gets what every program needs and what is named after it, and nothing else", async () => {
  await program();
  await using machinist = await opened();
  expect((await machinist.create([web]).result).failures).toEqual([]);
  // Nor as an option's value, which the variable would have given.
  expect((await machinist.info("web")).options).not.toHaveProperty("region");
  const all = await given();
  expect(all).not.toContain("hunter2");
  for (const line of ["LANG=C.UTF-8", "LC_TIME=C", `HOME=${folder}`, "HTTP_PROXY=http://proxy", "SHSHELF_DEBUG=1"])
    expect(all).toContain(`${line}\n`);
  // While it is asked what it is, nothing is meant for it yet.
  expect(all.match(/SHSHELF_DEBUG/g)!.length).toBeLessThan(all.match(/^HOME=/gm)!.length);
});

test("it gets others where the user agreed: they are kept and listed, are that program's alone, and are taken back", async () => {
  await program();
  const secrets = { GITHUB_TOKEN: "hunter2" };
  await using before = await opened(secrets);
  await expect(before.create([web]).result).rejects.toMatchObject({
    code: "plugin.variable",
    hint: "To allow it: machinist driver add shshelf --env GITHUB_TOKEN",
  });
  expect(await before.addDriver("shshelf", { env: ["GITHUB_TOKEN", "SSH_AUTH_SOCK"] })).toEqual(["shshelf"]);

  await forgetGiven();
  await using agreed = await opened(secrets);
  expect((await agreed.create([web]).result).failures).toEqual([]);
  expect(await given()).toContain("GITHUB_TOKEN=hunter2\n");
  expect(await given()).toContain("SSH_AUTH_SOCK=/hunter2\n");
  expect(await given()).not.toMatch(/AWS_SECRET|DOCKER_HOST/);
  const [view] = (await agreed.driversHere()).filter(({ driver }) => driver === "shshelf");
  expect(view).toMatchObject({ env: ["GITHUB_TOKEN", "SSH_AUTH_SOCK"] });

  await program("other");
  await using other = await opened(secrets, ["other", "bin"]);
  await expect(other.status("web")).rejects.toMatchObject({ code: "plugin.variable" });
  expect(await given("other")).not.toContain("hunter2");

  await agreed.removeDriver("shshelf");
  await using after = await opened(secrets);
  await expect(after.status("web")).rejects.toMatchObject({ code: "plugin.variable" });
  await expect(after.removeDriver("shshelf")).rejects.toMatchObject({ code: "driver.not-added" });
});

test("what is no program on PATH, or no name of a variable, is not agreed to", async () => {
  await program();
  await using machinist = await opened();
  await expect(machinist.addDriver("qemu", { env: ["GITHUB_TOKEN"] })).rejects.toMatchObject({
    code: "driver.no-program",
    hint: expect.stringContaining("--env"),
  });
  const failure = await machinist.addDriver("shshelf", { env: ["GITHUB_TOKEN=hunter2"] }).catch((error) => error);
  expect(failure).toMatchObject({ code: "driver.variable" });
  expect(`${failure.message} ${failure.hint}`).not.toContain("hunter2");
});
