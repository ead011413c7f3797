import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostsLine, shellWords, sshConfigValue } from "@machinist/values";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

/** Every class of character that means something to some shell, and some that mean nothing to any. */
const piece = fc.oneof(
  fc.constantFrom(..."'\"\\`$!*?[]{}()<>|&;#~=%^-+,. \t\n\r\u0001\u001b\u007f"),
  fc.constantFrom(
    "$(id)",
    "`id`",
    "${HOME}",
    "'\\''",
    "\\\n",
    "--",
    "-n",
    "if",
    "A=b",
    "~root",
    "\r\n",
    "ä",
    "日本",
    "🐳",
  ),
  fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => text.replaceAll("\0", "")),
);
const argument = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

test("any arguments come back from a real /bin/sh as they were", () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 6 }), (args) => {
      const stdout = execFileSync("/bin/sh", ["-c", shellWords(["printf", "%s\\0", ...args, "end"])], {
        encoding: "utf8",
      });
      expect(stdout.split("\0").slice(0, -1)).toEqual([...args, "end"]);
    }),
    { numRuns: 300 },
  );
});

test("a program's name is never a word of the shell's", () => {
  for (const word of ["if", "!", "{", "A=b", "~"]) expect(shellWords([word])).toBe(`'${word}'`);
});

const folder = mkdtempSync(join(tmpdir(), "machinist-values-"));
const file = join(folder, "config");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("OpenSSH's own client reads a value of its configuration back as it was", () => {
  fc.assert(
    fc.property(argument, (path) => {
      let value: string;
      try {
        value = sshConfigValue(`/x${path}`);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "value.line" });
        expect(path).toMatch(/[\u0000-\u001f\u007f"\\]|\$\{/);
        return;
      }
      const config = `Host box\n  UserKnownHostsFile ${value}\n`;
      writeFileSync(file, config);
      const said = execFileSync("ssh", ["-F", file, "-G", "box"], { encoding: "utf8" });
      expect(said).toContain(`userknownhostsfile /x${path}\n`);
      expect(said).not.toContain("proxycommand");
    }),
    { numRuns: 150 },
  );
});

test("a line of a hosts file is one entry, or refused", () => {
  expect(hostsLine("192.0.2.7", "web-1")).toBe("192.0.2.7\tweb-1");
  for (const [address, name] of [
    ["192.0.2.7\n203.0.113.9", "bank.example"],
    ["192.0.2.7", "web bank.example"],
    ["192.0.2.7", "web\n"],
  ] as const)
    expect(() => hostsLine(address, name)).toThrow(expect.objectContaining({ code: "value.line" }));
});
