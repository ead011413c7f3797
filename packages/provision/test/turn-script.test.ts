import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SUPERSEDED, turnScript } from "../src/host/turn-script.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-turn-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** A script that says when it works and when it is done, and works until it is told to end. */
function start(name: string) {
  const script = `${turnScript(join(folder, "m"))}
echo "${name} begins" >> "$0"; read -r _; echo "${name} ends" >> "$0"`;
  const child = spawn("sh", ["-c", script, join(folder, "log")], { stdio: ["pipe", "ignore", "inherit"] });
  children.push(child);
  return { end: () => child.stdin!.end("\n"), code: once(child, "exit").then(([code]) => code as number) };
}
const log = () => readFile(join(folder, "log"), "utf8").catch(() => "");
const turn = async () => (await readFile(join(folder, "m.turn"), "utf8")).trim();

test("one script works at a time, and of those that wait only the last one does", async () => {
  const first = start("first");
  await expect.poll(log).toBe("first begins\n");
  const second = start("second");
  await expect.poll(turn).toBe(String(children[1]!.pid));
  const third = start("third");
  await expect.poll(turn).toBe(String(children[2]!.pid));
  first.end();
  await expect.poll(log).toBe("first begins\nfirst ends\nthird begins\n");
  third.end();
  // Whichever of the two that waited got the lock first: the second may have to wait for the third's end to be told.
  expect([await first.code, await second.code, await third.code]).toEqual([0, SUPERSEDED, 0]);
});

test("one that is killed keeps nobody waiting", async () => {
  start("first");
  await expect.poll(log).toBe("first begins\n");
  children[0]!.kill("SIGKILL");
  const second = start("second");
  await expect.poll(log).toBe("first begins\nsecond begins\n");
  second.end();
  expect(await second.code).toBe(0);
});
