import { delimiter } from "node:path";
import { attempt, findProgram, lastWords, run, searchPath } from "@machinist/programs";
import { expect, test } from "vitest";

const sh = (script: string, ...args: string[]) => ["sh", "-c", script, "sh", ...args];

test("tells how a program ended, with all it said", async () => {
  expect(await attempt(sh("echo out; echo err >&2; exit 3"))).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
});

test("no argument is read by a shell, and words are not translated", async () => {
  const { stdout } = await attempt(sh('printf "%s|" "$@"; echo "$LC_ALL"', "a b", "$HOME", "`id`"));
  expect(stdout).toBe("a b|$HOME|`id`|C.UTF-8\n");
});

test("one that must succeed fails with its last words", async () => {
  expect(await run(sh("echo fine"))).toBe("fine\n");
  const words = sh("echo one >&2; echo two >&2; echo >&2; echo three >&2; exit 9");
  await expect(run(words)).rejects.toMatchObject({
    code: "program.failed",
    message: expect.stringMatching(/failed \(9\): two \| three$/),
  });
  await expect(run(sh("exit 1"))).rejects.toMatchObject({ message: expect.stringContaining("it said nothing") });
});

test("one that is not there says so, with the hint given", async () => {
  const missing = attempt(["/nowhere/program"], { hint: "Install it" });
  await expect(missing).rejects.toMatchObject({ code: "program.missing", hint: "Install it" });
});

test("it ends at its deadline, by a signal, or when cancelled", async () => {
  const late = attempt(sh("sleep 60"), { timeoutMs: 50, killSignal: "SIGKILL" });
  await expect(late).rejects.toMatchObject({ code: "program.ended", retryable: true, message: /0\.05 s/ });
  await expect(attempt(sh("kill -9 $$"))).rejects.toMatchObject({ message: expect.stringContaining("SIGKILL") });
  const controller = new AbortController();
  const running = attempt(sh("sleep 60"), { signal: controller.signal });
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
});

test.each([
  ["cancelled", (signal: AbortSignal) => ({ signal }), "cancelled"],
  ["late", () => ({ timeoutMs: 300 }), "program.ended"],
])("one that takes its time to end when it is %s runs no more when that is told", async (_, bounds, code) => {
  const controller = new AbortController();
  const pids: string[] = [];
  const running = attempt(sh("trap 'sleep 0.3; exit 1' TERM; echo $$ >&2; while :; do sleep 0.05; done"), {
    ...bounds(controller.signal),
    onLine: (line) => {
      pids.push(line);
      if (code === "cancelled") controller.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ code });
  expect(pids).toHaveLength(1);
  expect(() => process.kill(Number(pids[0]), 0)).toThrow(/ESRCH/);
});

test("one that does not heed its signal is killed", async () => {
  const controller = new AbortController();
  let pid = 0;
  const running = attempt(sh("trap '' TERM; echo $$ >&2; while :; do sleep 0.05; done"), {
    signal: controller.signal,
    killAfterMs: 50,
    onLine: (line) => {
      pid = Number(line);
      controller.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

test("lines of stderr come as they are said", async () => {
  const lines: string[] = [];
  await attempt(sh("printf 'a\\nb' >&2; sleep 0.05; printf 'c\\nd' >&2"), { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["a", "bc"]);
});

test("system folders are searched even if PATH leaves them out", () => {
  expect(searchPath({ PATH: "/mine" }).split(":")).toEqual(expect.arrayContaining(["/mine", "/usr/sbin", "/bin"]));
  expect(
    searchPath({ PATH: "/bin:/bin" })
      .split(":")
      .filter((each) => each === "/bin"),
  ).toHaveLength(1);
  expect(findProgram("sh", { PATH: "" })).toMatch(/\/sh$/);
  expect(findProgram("no-such-program-here", {})).toBeUndefined();
  expect(lastWords("a\n\n b \nc\n", 2)).toBe("b | c");
});

test("relative folders of PATH are not searched: they are the folder that one happens to work in", () => {
  expect(searchPath({ PATH: ["", ".", "bin", "./x", "/opt/x"].join(delimiter) }).split(delimiter)[0]).toBe("/opt/x");
});
