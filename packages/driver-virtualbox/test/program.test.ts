import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createProgram, programPath } from "../src/program.ts";
import { type FakeVBoxManage, fakeVBoxManage } from "./fake-vboxmanage.ts";

let fake: FakeVBoxManage | undefined;
afterEach(() => fake?.remove());
const signal = new AbortController().signal;

test("no VirtualBox is said so, with what to install", () => {
  expect(() => programPath({ PATH: "/nonexistent" }, "sunos")).toThrow(
    expect.objectContaining({ code: "virtualbox.missing" }),
  );
  expect(() => programPath({ VBOXMANAGE: "/nonexistent/VBoxManage" })).toThrow(
    expect.objectContaining({
      code: "virtualbox.missing",
      message: expect.stringContaining("/nonexistent/VBoxManage"),
    }),
  );
});

test("absent is undefined, and could not tell is an error", async () => {
  fake = await fakeVBoxManage({
    "showvminfo gone": { code: 1, stderr: "VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)\n" },
    "showvminfo odd": { code: 1, stderr: "VBoxManage: error: Out of memory\n" },
    "showvminfo here": "VMState=poweroff\n",
  });
  const program = createProgram({ env: fake.env });
  expect(await program.find(["showvminfo", "gone"])).toBeUndefined();
  expect(await program.find(["showvminfo", "here"])).toContain("poweroff");
  await expect(program.find(["showvminfo", "odd"])).rejects.toMatchObject({ code: "virtualbox.command" });
});

test("a call that was cancelled is given up", async () => {
  fake = await fakeVBoxManage({ list: "" });
  await expect(createProgram({ env: fake.env }).run(["list"], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("one changes something at a time, in one process and in several", async () => {
  fake = await fakeVBoxManage({});
  const { env } = fake;
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await delay(5);
    inside--;
  };
  // Two drivers know nothing of each other, as two processes do: only the lock file stands between them.
  const [one, two] = [createProgram({ env }), createProgram({ env })];
  await Promise.all(Array.from({ length: 8 }, (_, index) => (index % 2 ? one : two).exclusive(signal, work)));
  expect(most).toBe(1);
});

test("what failed inside lets the next one in", async () => {
  fake = await fakeVBoxManage({});
  const program = createProgram({ env: fake.env });
  await expect(program.exclusive(signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await program.exclusive(signal, async () => 1)).toBe(1);
});
