import { expect, test } from "vitest";
import { elsewhere, howToGet } from "../src/known-drivers.ts";

const nobody = async () => false;

test.each([
  ["qemu", "Install its package: npm install -g @machinist/driver-qemu"],
  ["none", "Install its package: npm install -g @machinist/driver-generic"],
  ["quemu", 'Did you mean "qemu"? Install its package: npm install -g @machinist/driver-qemu'],
  ["nonee", 'Did you mean "none"? Install its package: npm install -g @machinist/driver-generic'],
  ["nosuch", elsewhere],
  ["hetzner", elsewhere],
])("driver %j: no package is suggested but one that exists", async (name, hint) => {
  expect(await howToGet(name, [], nobody)).toBe(hint);
});

test("a near name that is here needs no package, whosever it is", async () => {
  expect(await howToGet("quemu", [], async (name) => name === "qemu")).toBe('Did you mean "qemu"?');
  expect(await howToGet("hetznr", ["hetzner"], nobody)).toBe('Did you mean "hetzner"?');
});

test("where to look is told as commands that there are", () => {
  expect(elsewhere).toContain("machinist driver ls");
  expect(elsewhere).toContain("machinist driver add PACKAGE");
});
