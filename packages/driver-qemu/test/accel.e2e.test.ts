import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { describeUnless, testWhere } from "../../../test/skipped.ts";
import { hostArch, judgeAccel, whyNot, whySlow } from "../src/accel.ts";
import { runProbe } from "../src/probe.ts";
import { unavailable } from "./unavailable.ts";

const reason = unavailable();
const signal = AbortSignal.timeout(120_000);

describeUnless(reason, "accelerators", () => {
  const folder = mkdtempSync(join(tmpdir(), "machinist-accel-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("a guest that runs to its end is evidence", async () => {
    expect((await runProbe("tcg", "x86_64", signal)).reason).toBe("");
  });

  test("one that never comes up is evidence against, though a machine was made", async () => {
    const hangs = "f4ebfd"; // hlt, again and again
    const { reason: why } = await runProbe("tcg", "x86_64", signal, { code: hangs, withinMs: 3000 });
    expect(why).toMatch(/does not run/);
  });

  test("an accelerator that is not there is told in QEMU's own words", async () => {
    expect(await whyNot("hvf", "x86_64", signal)).toMatch(/hvf does not work: \S/);
  });

  test("one that takes far longer than emulated is evidence against; a busy computer's noise is not", () => {
    expect(whySlow("kvm", 6800, 400)).toBe("kvm runs guests far slower than emulation: one took 6.8 s, emulated 0.4 s");
    expect(whySlow("kvm", 600, 400)).toBe("");
    expect(whySlow("kvm", 90, 400)).toBe("");
  });

  test("another architecture than this computer's is emulated", async () => {
    const other = hostArch() === "arm64" ? "x86_64" : "arm64";
    expect(await judgeAccel(other, folder, signal)).toMatchObject({
      accel: "tcg",
      reason: expect.stringContaining(other),
    });
  });

  const kvm = existsSync("/dev/kvm");
  testWhere(
    !kvm,
    "there is /dev/kvm",
    "without /dev/kvm it is emulated, and nothing is kept: it may come",
    async () => {
      expect(await judgeAccel(hostArch(), folder, signal)).toEqual({ accel: "tcg", reason: "there is no /dev/kvm" });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  testWhere(kvm, "there is no /dev/kvm", "the verdict on KVM is kept", async () => {
    const verdict = await judgeAccel(hostArch(), folder, signal);
    const path = join(folder, "qemu", `accel-kvm-${hostArch()}.json`);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject(verdict);
    writeFileSync(path, readFileSync(path, "utf8").replace(/"reason":".*?"/, '"reason":"kept"'));
    expect((await judgeAccel(hostArch(), folder, signal)).reason).toBe("kept");
  });
});
