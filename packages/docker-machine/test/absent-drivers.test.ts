import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keep } from "./kept-machines.ts";
import { Scene } from "./scene.ts";

/** Beside an engine known by its URL, two machines whose drivers' programs are not here. Recorded from docker-machine 0.16.2. */
let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  keep(scene, "m1", { driver: "none", kept: { URL: "tcp://127.0.0.1:1" } });
  keep(scene, "p1", { driver: "acme", labels: ["a=b"] });
  keep(scene, "p2", { driver: "zeta" });
});
afterEach(() => scene.close());

const complaint = (driver: string) =>
  `Driver "${driver}" not found. Do you have the plugin binary accessible in your PATH?\n`;
const both = complaint("acme") + complaint("zeta");
const filtersOf = (filters: readonly string[]) => filters.flatMap((filter) => ["--filter", filter]);

describe("machines whose driver is not here", () => {
  test.each<[filters: string[], stdout: string]>([
    // By name they are found by what stands for their driver: its name.
    [["name=p1"], ""],
    [["name=acme"], "p1\n"],
    [["name=^(acme|zeta)$"], "p1\np2\n"],
    [["name=nope", "name=zeta"], "p2\n"],
    [["driver=acme"], "p1\n"],
    [["driver=ACME", "driver=zeta"], "p1\np2\n"],
    [["driver=not-found"], ""],
    [["label=a=b"], "p1\n"],
    // Whatever else is asked for, that their state cannot be told is said, once for each state that it is compared with.
    [["state=Running"], `${both}m1\n`],
    [["state=Error"], `${both}p1\np2\n`],
    [["state=error", "state=Stopped"], `${both}p1\np2\n`],
    [["state=Stopped", "state=Running"], `${complaint("acme").repeat(2)}${complaint("zeta").repeat(2)}m1\n`],
    [["name=m1", "state=Running"], `${both}m1\n`],
    [["name=m1", "state=Error"], both],
    [["name=p1", "state=Error"], both],
    [["name=acme", "state=Error"], `${both}p1\n`],
    [["name=acme", "state=Running"], both],
    [["driver=zeta", "state=error"], `${both}p2\n`],
    [["label=a=b", "state=Error"], `${both}p1\n`],
  ])("are found by %j as docker-machine finds them", async (filters, stdout) => {
    expect(await scene.run(["ls", "-q", ...filtersOf(filters)])).toEqual({ code: 0, stdout, stderr: "" });
    // The same in a table, in which they are called not-found.
    const names = stdout.replaceAll(complaint("acme"), "").replaceAll(complaint("zeta"), "");
    const rows = names.replace(/^p\d$/gm, "$& not-found Error").replace("m1", "m1 none Running");
    const format = ["--format", "{{.Name}} {{.DriverName}} {{.State}}"];
    const said = await scene.run(["ls", ...format, ...filtersOf(filters)]);
    expect(said).toEqual({ code: 0, stdout: stdout.replace(names, "") + rows, stderr: "" });
  });

  test("are called so where there was no time to look, too", async () => {
    const { stdout } = await scene.run(["ls", "-t", "0", "--format", "{{.Name}} {{.DriverName}} {{.State}}"]);
    expect(stdout).toBe("m1 none Timeout\np1 not-found Timeout\np2 not-found Timeout\n");
  });
});

describe("a name filter that is no pattern", () => {
  const refused = { code: 1, stderr: "error parsing regexp: missing closing ]: `[`\n" };

  test.each<[filters: string[], said: object]>([
    [["name=["], { ...refused, stdout: "" }],
    // The first machine's state is compared before its name is.
    [["state=Running", "name=["], { ...refused, stdout: "" }],
    [["name=.", "name=["], { code: 0, stdout: "m1\np1\np2\n", stderr: "" }],
    [["name=m", "name=["], { ...refused, stdout: "" }],
  ])("is refused where a machine's name comes to it: %j", async (filters, said) => {
    expect(await scene.run(["ls", "-q", ...filtersOf(filters)])).toEqual(said);
  });

  test("comes after the complaint about the first machine's driver", async () => {
    await scene.run(["rm", "-f", "m1"]);
    const said = await scene.run(["ls", "-q", ...filtersOf(["state=Running", "name=["])]);
    expect(said).toEqual({ ...refused, stdout: complaint("acme") });
  });

  test("is never read where there is no machine that can be", async () => {
    await scene.run(["rm", "-f", "m1", "p1", "p2"]);
    expect(await scene.run(["ls", "-q", "--filter", "name=["])).toEqual({ code: 0, stdout: "", stderr: "" });
    mkdirSync(join(scene.store, "machines", "empty"));
    expect(await scene.run(["ls", "-q", "--filter", "name=["])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
