import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageDriver } from "@machinist/driver-plugin";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testWhere } from "../../../test/skipped.ts";
import { DriverImages } from "../src/driver-images.ts";

const driver = fileURLToPath(new URL("../../../examples/driver-sh/machinist-driver-shshelf", import.meta.url));
const image = "registry.example:5000/acme/shelf";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-images-"));
  await mkdir(join(folder, "bin"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A stand-in for docker that has the image's entry point on this computer, and writes down what it was asked. */
async function docker(more = ""): Promise<void> {
  const path = join(folder, "bin", "docker");
  await writeFile(
    path,
    `#!/bin/sh
echo "$*" >> '${folder}/asked'
for last; do :; done
case "$1 $last" in
  image*) [ -e '${folder}/have' ] ;;
  pull*unknown*) echo "pull access denied for $last" >&2; exit 1 ;;
  pull*) touch '${folder}/have' ;;
  run*) ${more} exec '${driver}' ;;
esac
`,
  );
  await chmod(path, 0o755);
}
const asked = async () => (await readFile(join(folder, "asked"), "utf8")).trimEnd().split("\n");
const opened = (env: Record<string, string> = {}) =>
  openMachinist({
    storagePath: join(folder, "store"),
    env: { PATH: `${join(folder, "bin")}:${process.env.PATH}`, HOME: folder, ...env },
  });
const request = (name: string, from: string) => ({
  ...{ name, driver: from, engine: false as const },
  options: { folder: join(folder, "shelf") },
});
const shelf = () => readdir(join(folder, "shelf"));

test("an image is fetched once, and its driver stays known by its own name", async () => {
  await docker();
  await using machinist = await opened({ SHSHELF_FOLDER: "/elsewhere", SECRET: "sesame" });
  expect((await machinist.create([request("web", `${image}:1`)]).result).failures).toEqual([]);
  expect(await shelf()).toHaveLength(1);
  expect(await machinist.info("web")).toMatchObject({ driver: "shshelf" });
  const commands = await asked();
  expect(commands.filter((each) => each.startsWith("pull"))).toEqual([`pull --quiet -- ${image}:1`]);
  const runs = commands.filter((each) => each.startsWith("run"));
  for (const run of runs) {
    expect(run).toContain("--cap-drop ALL --security-opt no-new-privileges");
    expect(run).toMatch(new RegExp(` -- ${image}:1$`));
    expect(run).not.toContain("SECRET");
  }
  // What it is, it tells without being given anything; then it gets what it has a use for.
  expect(runs[0]).not.toContain("--env");
  expect(runs.at(-1)).toContain("--env SHSHELF_FOLDER");

  // Another process knows it by its name alone, and another tag is no other driver.
  await using later = await opened();
  expect(await later.status("web")).toBe("running");
  expect((await later.create([request("db", `${image}:2`)]).result).failures).toEqual([]);
  await using last = await opened();
  expect((await last.drivers()).map(({ name }) => name)).toContain("shshelf");
  expect((await last.remove(["web", "db"]).result).failures).toEqual([]);
  expect(await shelf()).toEqual([]);
  expect((await asked()).at(-1)).toMatch(new RegExp(` -- ${image}:2$`));
  await last.removeDriver("shshelf");
  await using gone = await opened();
  await expect(gone.driver("shshelf")).rejects.toMatchObject({ code: "driver.unknown" });
});

test("an image is added beforehand, where a machine is to come from elsewhere", async () => {
  await docker();
  const passphrase = "correct horse battery";
  await using machinist = await opened();
  expect((await machinist.create([request("web", image)]).result).failures).toEqual([]);
  const { data } = await machinist.exportMachines(["web"], { passphrase });
  const env: NodeJS.ProcessEnv = { PATH: `${join(folder, "bin")}:${process.env.PATH}`, HOME: folder };
  await using theirs = await openMachinist({ storagePath: join(folder, "theirs"), env });
  // No program is started that only the file names.
  const before = (await asked()).length;
  await expect(theirs.importMachines(data, { passphrase })).rejects.toMatchObject({
    code: "import.image",
    hint: expect.stringContaining(`machinist driver add docker://${image}`),
  });
  expect(await asked()).toHaveLength(before);
  expect(await theirs.addDriver(`docker://${image}`)).toEqual(["shshelf"]);
  // Which service it asks is not for the file to say.
  await expect(theirs.importMachines(data, { passphrase })).rejects.toMatchObject({
    code: "import.service",
    hint: expect.stringContaining("SHSHELF_FOLDER"),
  });
  env.SHSHELF_FOLDER = join(folder, "shelf");
  expect(await theirs.importMachines(data, { passphrase })).toMatchObject({ fresh: ["web"] });
  expect(await theirs.status("web")).toBe("running");
});

test("looking at a driver writes nothing, and folders are given to it only where somebody says so", async () => {
  await docker();
  await using machinist = await opened({ MACHINIST_DRIVER_MOUNTS: "/srv/one:/srv/two" });
  expect(await machinist.driver(image)).toMatchObject({ name: "shshelf" });
  expect(existsSync(join(folder, "store", "drivers"))).toBe(false);
  expect((await asked()).at(-1)).toContain(
    "--mount type=bind,source=/srv/one,target=/srv/one --mount type=bind,source=/srv/two,target=/srv/two",
  );
  await using wrong = await opened({ MACHINIST_DRIVER_MOUNTS: "here" });
  await expect(wrong.driver(image)).rejects.toMatchObject({ code: "plugin.mounts" });
});

test("an image whose driver is called as another one is refused, before anything is made", async () => {
  await docker();
  await using machinist = await opened();
  expect((await machinist.create([request("web", image)]).result).failures).toEqual([]);
  await using other = await opened();
  await expect(other.create([request("db", "someone/else")]).result).rejects.toMatchObject({
    code: "driver.image-name",
    hint: "First: machinist driver rm shshelf",
  });
  expect(await shelf()).toHaveLength(1);
  await docker(
    "sed 's/shshelf/generic/g' '" +
      driver +
      "' > '" +
      folder +
      "/generic'; chmod +x '" +
      folder +
      "/generic'; exec '" +
      folder +
      "/generic';",
  );
  await using taken = await opened();
  await expect(taken.driver("acme/generic")).rejects.toMatchObject({ code: "driver.image-name" });
});

const engineHere = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"]
  .flatMap((place) => [join(place, "docker"), join(place, "podman")])
  .find(existsSync);

testWhere(
  engineHere === undefined,
  `${engineHere} is always found`,
  "without an engine it is said what is needed",
  async () => {
    await using none = await opened();
    await expect(none.driver(image)).rejects.toMatchObject({ code: "plugin.no-engine" });
  },
);

test("no image, an image that is no driver, one that dies: each is said, with what to do", async () => {
  await docker();
  await using unknown = await opened();
  await expect(unknown.driver("acme/unknown")).rejects.toMatchObject({
    code: "plugin.image",
    message: /pull access denied/,
  });
  for (const wrong of ["Acme/Shelf", "../x", "/x", "a//b", "a/b:", "a/b@sha256:12", "a/ b"])
    await expect(unknown.driver(wrong), wrong).rejects.toMatchObject({ code: "driver.unknown" });
  await docker("echo hello; exit 0;");
  await using talker = await opened();
  await expect(talker.driver(image)).rejects.toMatchObject({ code: "plugin.protocol" });
  await docker("echo 'exec format error' >&2; exit 126;");
  await using dead = await opened();
  await expect(dead.driver(image)).rejects.toMatchObject({ code: "plugin.lost", message: /exec format error/ });
});

test("the container of one that must be ended by force is removed", async () => {
  await docker("while :; do read -r line || sleep 1; done; ");
  const stop = new AbortController();
  const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}` };
  const asking = imageDriver(image, env, { signal: stop.signal, agreed: async () => [] });
  const runs = async () => (await asked().catch(() => [])).filter((each) => each.startsWith("run"));
  await Promise.race([asking, expect.poll(runs).toHaveLength(1)]);
  stop.abort();
  await expect(asking).rejects.toMatchObject({ code: "cancelled" });
  await expect.poll(async () => (await asked()).at(-1)).toMatch(/^rm --force -- machinist-driver-/);
});

test("a driver in an image gets no variable that is not named after it, unless somebody agreed", async () => {
  const mine = join(folder, "mine");
  const described = (await readFile(driver, "utf8"))
    .replace('"size":{', '"region":{"type":"string","description":"Where","x-env":"AWS_SECRET_ACCESS_KEY"},"size":{')
    .replace(
      '"resourceTypes":',
      '"credentials":{"token":{"description":"Token","env":"GITHUB_TOKEN"}},"resourceTypes":',
    );
  await writeFile(mine, described);
  await chmod(mine, 0o755);
  await docker(`exec '${mine}';`);
  const secrets = { AWS_SECRET_ACCESS_KEY: "hunter2", SHSHELF_FOLDER: join(folder, "shelf") };
  const proxies = { HTTPS_PROXY: "http://me:hunter2@proxy", HTTP_PROXY: "http://proxy" };
  await using machinist = await opened({ ...secrets, ...proxies });
  const made = await machinist.create([{ name: "web", driver: image, engine: false as const, options: {} }]).result;
  expect(made.failures).toEqual([]);
  // Nor as an option's value, which the variable would have given.
  expect((await machinist.info("web")).options).not.toHaveProperty("region");
  const runs = async () => (await asked()).filter((each) => each.startsWith("run"));
  expect((await runs()).at(-1)).toContain("--env SHSHELF_FOLDER");
  for (const run of await runs()) expect(run).not.toMatch(/AWS_SECRET|GITHUB|HTTPS_PROXY/);
  expect((await runs()).at(-1)).toContain("--env HTTP_PROXY");

  // A secret that it wants and that is set is refused by name, with how to agree.
  await using other = await opened({ ...secrets, GITHUB_TOKEN: "hunter2" });
  await expect(other.status("web")).rejects.toMatchObject({
    code: "plugin.variable",
    hint: expect.stringContaining("--env GITHUB_TOKEN"),
  });
  expect(await other.addDriver(`docker://${image}`, { env: ["GITHUB_TOKEN"] })).toEqual(["shshelf"]);
  await using agreed = await opened({ ...secrets, GITHUB_TOKEN: "hunter2" });
  expect(await agreed.status("web")).toBe("running");
  expect((await runs()).at(-1)).toContain("--env GITHUB_TOKEN");
  const [view] = (await agreed.driversHere()).filter(({ driver: name }) => name === "shshelf");
  expect(view).toMatchObject({ env: ["GITHUB_TOKEN"] });
  expect((await agreed.remove(["web"]).result).failures).toEqual([]);
});

test("what was agreed for one image is no other image's", async () => {
  const images = new DriverImages(folder);
  images.agree("acme/shelf", ["GITHUB_TOKEN"]);
  expect(await images.variables("shelf", "acme/shelf")).toEqual(["GITHUB_TOKEN"]);
  expect(await images.variables("other", "evil/other")).toEqual([]);
  images.use("shelf", "acme/shelf");
  await images.keep("shelf");
  expect(await new DriverImages(folder).variables("shelf", "acme/shelf:2")).toEqual(["GITHUB_TOKEN"]);
});
