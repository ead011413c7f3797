import { describe, expect, test } from "vitest";
import { createFakeHost } from "../src/index.ts";

describe("a fake host", () => {
  test("answers by the first rule that matches, newest first, and like a shell where none does", async () => {
    const host = createFakeHost([{ when: "uname", answer: "x86_64\n" }]);
    expect(await host.run(["uname", "-m"])).toEqual({ code: 0, stdout: "x86_64\n", stderr: "" });
    host.on(/uname -m$/, { code: 3, stderr: "no" });
    expect(await host.run(["uname", "-m"])).toEqual({ code: 3, stdout: "", stderr: "no" });
    expect(await host.run(["nothing"])).toMatchObject({ code: 127 });
  });

  test("keeps files and a transcript", async () => {
    const host = createFakeHost([{ when: "echo", answer: ({ argv, stdin }) => `${argv[0]} ${stdin ?? ""}` }]);
    await host.write("/etc/x", "secret", { mode: 0o600, sudo: true });
    const pieces: string[] = [];
    await host.script("echo hello\necho you\n", ["a b"], { sudo: true, onOutput: (text) => pieces.push(text) });
    expect(pieces).toEqual(["a b "]);
    expect(host.files.get("/etc/x")).toMatchObject({ mode: 0o600, sudo: true });
    expect(host.transcript()).toBe(
      '# write as root: /etc/x 600\n# script as root: "a b"\n    echo hello\n    echo you\n',
    );
    expect(host.transcript()).not.toContain("secret");
  });

  test("stops when it is told to", async () => {
    const host = createFakeHost([{ when: "x", answer: "" }]);
    const stopped = AbortSignal.abort(new Error("stop"));
    await expect(host.run(["x"], { signal: stopped })).rejects.toThrow("stop");
    await expect(host.write("/x", "", { signal: stopped })).rejects.toThrow("stop");
    expect(host.files.size).toBe(0);
  });
});
