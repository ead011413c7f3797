import { X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
let theirs: string;
beforeEach(() => {
  scene = new Scene();
  theirs = join(scene.home, "theirs");
  mkdirSync(theirs);
});
afterEach(() => scene.close());

const flags = () =>
  Object.entries({
    "ca-cert": "ca.pem",
    "ca-key": "ca-key.pem",
    "client-cert": "cert.pem",
    "client-key": "key.pem",
  }).map(([flag, file]) => `--tls-${flag}=${join("theirs", file)}`);
const create = (name: string, more: readonly string[] = flags(), store = scene.store) =>
  scene.run(["-s", store, ...more, "create", "-d", "none", "--url", "tcp://127.0.0.1:2399", name]);
const text = (...path: string[]) => readFileSync(join(...path), "utf8");

test("pairs that are not there yet are made, and lie where the flags say and in the store", async () => {
  expect(await create("box")).toMatchObject({ code: 0, stderr: "" });
  for (const file of ["ca.pem", "ca-key.pem", "cert.pem", "key.pem"])
    expect(text(theirs, file), file).toBe(text(scene.store, "certs", file));
  expect(statSync(join(theirs, "ca-key.pem")).mode & 0o777).toBe(0o600);
  expect(statSync(join(theirs, "key.pem")).mode & 0o777).toBe(0o600);
});

test("a new store takes the pairs that flags name, and machines get theirs from them", async () => {
  expect((await create("box")).code).toBe(0);
  const second = join(scene.home, "second");
  expect(await create("box", flags(), second)).toMatchObject({ code: 0, stderr: "" });
  for (const file of ["ca.pem", "cert.pem", "key.pem"])
    expect(text(second, "machines", "box", file), file).toBe(text(theirs, file));
  const server = new X509Certificate(text(second, "machines", "box", "server.pem"));
  expect(server.verify(new X509Certificate(text(theirs, "ca.pem")).publicKey)).toBe(true);
  expect(statSync(join(second, "certs", "ca-key.pem")).mode & 0o777).toBe(0o600);
  const { HostOptions } = JSON.parse(text(second, "machines", "box", "config.json"));
  expect(HostOptions.AuthOptions.CaCertPath).toBe(join(second, "certs", "ca.pem"));
  // The same again changes nothing, and needs no flags either.
  expect((await create("other", flags(), second)).code).toBe(0);
  expect((await create("third", [], second)).code).toBe(0);
});

test("a store that has another CA, half a pair and a file that is none are refused, and nothing is made", async () => {
  expect((await create("box")).code).toBe(0);
  const second = join(scene.home, "second");
  expect((await create("box", [], second)).code).toBe(0);
  const refused = await create("other", flags(), second);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("another pair already") });
  const third = join(scene.home, "third");
  const half = await create("other", [flags()[0]!], third);
  expect(half).toMatchObject({ code: 1, stderr: expect.stringContaining("ca-key.pem is missing") });
  cpSync(join(theirs, "key.pem"), join(theirs, "ca-key.pem"));
  const wrong = await create("other", flags(), third);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("does not belong to the key") });
  writeFileSync(join(theirs, "ca.pem"), "rubbish");
  expect((await create("other", flags(), third)).code).toBe(1);
  for (const store of [second, third]) expect(existsSync(join(store, "machines", "other"))).toBe(false);
  expect(existsSync(join(third, "certs", "ca-key.pem"))).toBe(false);
});
