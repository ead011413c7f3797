import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { findCarrier } from "../src/process.ts";

test("a machine whose mark only begins alike is not taken for ours", async () => {
  const owner = `m${randomBytes(4).toString("hex")}-web-1`;
  const program = "console.log('runs'); setInterval(() => {}, 1000)";
  const words = ["qemu-system-x86_64", "-name", `guest=machinist-${owner}0`, "-nodefaults"];
  const child = spawn(process.execPath, ["-e", program, "--", ...words], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(child.stdout, "data");
    expect(await findCarrier("/nowhere", `${owner}0`)).toMatchObject({ pid: child.pid });
    expect(await findCarrier("/nowhere", owner)).toBeUndefined();
  } finally {
    child.kill("SIGKILL");
  }
});
