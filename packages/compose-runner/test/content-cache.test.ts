import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ContentCache, planCompose } from "../src/index.ts";

/** The files that are opened to be read through. */
const opened: string[] = [];
const { createReadStream } = fs;
beforeAll(() => {
  fs.createReadStream = ((path: string, ...rest: []) => {
    opened.push(path);
    return createReadStream(path, ...rest);
  }) as typeof createReadStream;
  syncBuiltinESMExports();
});
// Other files of this process read files as well.
afterAll(() => {
  fs.createReadStream = createReadStream;
  syncBuiltinESMExports();
});

const LATER = 60_000;
let folder: string;
let cacheFolder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-content-"));
  cacheFolder = join(folder, "store/cache/compose");
  mkdirSync(join(folder, "shop/site"), { recursive: true });
  put("compose.yaml", 'services: { web: { image: x, volumes: ["./site:/site"] } }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, "shop", name), text);
const spec = (machine = "m1") => ({ name: "shop", machine, files: [join(folder, "shop/compose.yaml")] });
const env = { MACHINIST_LOCAL_COMPOSE: "off", HOME: "/" };

/** As by a process of its own, this much later: the digest, and which files below `site` it read. */
async function look({ lateMs = LATER, save = true, machines = ["m1"], cache = newCache(lateMs) } = {}) {
  opened.length = 0;
  const planned = await Promise.all(machines.map((machine) => planCompose(spec(machine), env, cache)));
  if (save) await cache.save();
  const site = `${join(folder, "shop/site")}/`;
  const read = opened.filter((path) => path.startsWith(site)).map((path) => path.slice(site.length));
  return { digest: planned[0]!.props.digest, read };
}
const newCache = (lateMs: number) => new ContentCache(cacheFolder, () => Date.now() + lateMs);
const whole = async () => (await planCompose(spec(), env)).props.digest;

test("a tree of thousands of files that has not changed is not read again, and of one that has just what changed", async () => {
  for (let at = 0; at < 2_000; at++) put(`site/${at}`, `content ${at}`);
  const first = await look();
  expect(first.read).toHaveLength(2_000);
  expect(await look()).toEqual({ digest: first.digest, read: [] });
  put("site/77", "contenT 77");
  const changed = await look();
  expect(changed.read).toEqual(["77"]);
  expect(changed.digest).not.toBe(first.digest);
  expect(changed.digest).toBe(await whole());
  expect(await look()).toEqual({ digest: changed.digest, read: [] });
});

test("a file that is as large and as old as before, and another, is read", async () => {
  put("site/a", "one");
  put("site/b", "two");
  const { digest } = await look();
  const { atime, mtime } = statSync(join(folder, "shop/site/a"));
  put("site/a", "eno");
  utimesSync(join(folder, "shop/site/a"), atime, mtime);
  const changed = await look();
  expect(changed).toEqual({ digest: await whole(), read: ["a"] });
  expect(changed.digest).not.toBe(digest);
});

test("what was young when it was read is read again until it is older: it may have changed within a tick of the clock", async () => {
  put("site/a", "one");
  expect((await look({ lateMs: 0 })).read).toEqual(["a"]);
  expect((await look({ lateMs: 1_000 })).read).toEqual(["a"]);
  expect((await look({ lateMs: 5_000 })).read).toEqual(["a"]);
  expect((await look({ lateMs: 0 })).read).toEqual([]);
});

test("what is only looked at is kept nowhere", async () => {
  put("site/a", "one");
  await look({ save: false });
  expect(readdirSync(folder)).toEqual(["shop"]);
});

test("a project of many machines is read once for all of them", async () => {
  put("site/a", "one");
  expect((await look({ machines: ["m1", "m2", "m3"] })).read).toEqual(["a"]);
});

test("of secrets, env files and configs nothing is kept, wherever else they lie", async () => {
  put(
    "compose.yaml",
    `services: { web: { image: x, env_file: site/own.env, volumes: ["./site:/site"], secrets: [s], configs: [c] } }
secrets: { s: { file: ./site/token } }
configs: { c: { file: ./site/c.conf } }
`,
  );
  for (const name of ["own.env", "token", "c.conf", "plain"]) put(`site/${name}`, `${name.toUpperCase()}=1\n`);
  const { digest } = await look();
  const [file = ""] = readdirSync(cacheFolder);
  expect(readFileSync(join(cacheFolder, file), "utf8")).toMatch(/"[^"]*\/site\/plain":/);
  for (const name of ["own.env", "token", "c.conf"])
    expect(readFileSync(join(cacheFolder, file), "utf8")).not.toContain(name);
  expect(statSync(join(cacheFolder, file)).mode & 0o777).toBe(0o600);
  expect(await look()).toEqual({ digest, read: ["own.env", "token", "c.conf"].sort() });
});

test.each([
  ["is gone", () => rmSync(cacheFolder, { recursive: true })],
  ["is garbage", (file: string) => writeFileSync(file, "\0{")],
  ["is another's", (file: string) => writeFileSync(file, '{"format":"machinist.content/9","files":{"/a":["1","2"]}}')],
  [
    "holds something else",
    (file: string) => writeFileSync(file, '{"format":"machinist.content/1","files":{"/a":[1,"x"],"/b":0}}'),
  ],
  ["is a folder", (file: string) => [rmSync(file), mkdirSync(file)]],
])("a cache that %s costs a look at all files, and no more", async (_what, spoil: (file: string) => unknown) => {
  put("site/a", "one");
  const { digest } = await look();
  spoil(join(cacheFolder, readdirSync(cacheFolder)[0]!));
  expect(await look()).toEqual({ digest, read: ["a"] });
});

test("two at once lose nothing of each other, files that are gone are dropped, and old projects go some time", async () => {
  put("site/a", "one");
  put("site/b", "two");
  const early = newCache(0);
  await look({ cache: early, save: false });
  await look();
  await early.save();
  expect((await look()).read).toEqual([]);
  rmSync(join(folder, "shop/site/b"));
  await look();
  const names = () => readdirSync(cacheFolder);
  expect(readFileSync(join(cacheFolder, names()[0]!), "utf8")).not.toContain("/site/b");
  for (let at = 0; at < 205; at++) {
    writeFileSync(join(cacheFolder, `old-${at}.json`), "{}");
    utimesSync(join(cacheFolder, `old-${at}.json`), at, at);
  }
  put("site/c", "three");
  expect((await look()).read).toEqual(["c"]);
  expect(names()).toHaveLength(200);
  expect(names().some((name) => name.startsWith("shop-"))).toBe(true);
});
