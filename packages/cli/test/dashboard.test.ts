import type { DashboardOptions } from "@machinist/tui";
import { describe, expect, test } from "vitest";
import type { Services } from "../src/index.ts";
import { run } from "./world.ts";

/** A dashboard that is left at once. */
function fakeDashboard() {
  const opened: DashboardOptions[] = [];
  const services: Partial<Services> = {
    dashboard: async () => ({
      themeNames: ["default", "light", "monochrome"],
      openDashboard: async (options) => {
        opened.push(options);
      },
    }),
  };
  return { opened, services };
}

describe("the dashboard", () => {
  test.each([[[]], [["-s", "/some where"]], [["--storage-path=/x", "--no-color"]], [["dashboard"]], [["ui"]]])(
    "opens on a terminal with %j",
    async (argv) => {
      const { opened, services } = fakeDashboard();
      expect(await run(argv, { columns: 80, services })).toMatchObject({ code: 0, stdout: "", stderr: "" });
      expect(opened).toHaveLength(1);
    },
  );

  test("does not open for a machinist that is asked for something else, or has no terminal for it", async () => {
    const { opened, services } = fakeDashboard();
    const world = { columns: 80, services };
    for (const argv of [["--help"], ["-h"], ["--json"], ["--quiet"], ["help"]])
      expect((await run(argv, world)).stdout).toContain("Usage: machinist COMMAND");
    expect((await run([], { services })).stdout).toContain("Usage: machinist COMMAND");
    expect((await run([], { ...world, env: { TERM: "dumb" } })).stdout).toContain("Usage: machinist COMMAND");
    expect((await run(["--version"], world)).stdout).toBe("0.0.0-source\n");
    expect((await run(["--nope"], world)).stderr).toContain("usage.unknown-flag");
    expect(opened).toEqual([]);
  });

  test("is told how to look and where", async () => {
    const { opened, services } = fakeDashboard();
    await run(["ui", "--read-only", "--theme", "light", "-s", "/my store"], { columns: 80, services });
    expect(opened[0]).toMatchObject({ readOnly: true, theme: "light", program: "machinist -s '/my store'" });
    await run(["ui", "--no-color"], { columns: 80, services });
    expect(opened[1]).toMatchObject({ readOnly: false, theme: "monochrome", program: "machinist" });
  });

  test("says what is wrong", async () => {
    const { services } = fakeDashboard();
    expect(await run(["ui"], { services })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("usage.no-terminal"),
    });
    const dumb = await run(["ui"], { services, columns: 80, env: { TERM: "dumb" } });
    expect(dumb).toMatchObject({ code: 2, stderr: expect.stringContaining("usage.no-terminal") });
    const wrong = await run(["ui", "--theme", "pink"], { services, columns: 80 });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--theme must be one of default") });
    const missing = await run(["ui"], { columns: 80 });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("npm install -g @machinist/tui") });
  });

  test("without its package, machinist alone shows what it can do", async () => {
    expect((await run([], { columns: 80 })).stdout).toContain("Usage: machinist COMMAND");
  });
});
