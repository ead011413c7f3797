import { unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { expectFailure, Program } from "./program.ts";

const reason = unavailable();

describeUnless(reason, "a computer without the programs that machine containers need", () => {
  const program = new Program();
  afterAll(() => program.remove());
  /** In a mount namespace of its own, where what cannot be run lies over the program. */
  const hidden = 'mount --bind /dev/null "$(command -v mmdebstrap)" && exec "$0" "$@"';
  const without = { under: ["unshare", "--mount", "sh", "-c", hidden] };

  test("create is a failed check that says what to install; nothing is saved", async () => {
    const ended = await program.run(["create", "-d", "nspawn", "x"], without);
    expectFailure(ended, { exit: 3, code: "nspawn.tools", says: "mmdebstrap", hint: "apt-get install mmdebstrap" });
    expect(program.saved()).toEqual({});
  });

  test("doctor says the same, and goes on with the rest", async () => {
    const { exit, stdout, stderr } = await program.run(["doctor"], without);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/! driver nspawn +Programs are missing: mmdebstrap\n +hint: apt-get install mmdebstrap\n/);
    expect(stdout).toMatch(/✔ driver generic/);
    const checks = JSON.parse((await program.run(["doctor", "--json"], without)).stdout) as { name: string }[];
    expect(checks.map(({ name }) => name)).toContain("store");
  });
});
