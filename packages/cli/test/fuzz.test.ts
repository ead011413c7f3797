import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commands } from "../src/commands.ts";
import { globalFlags } from "../src/globals.ts";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

const words = [
  ...commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
  ...globalFlags.flatMap(({ flags }) => flags.match(/--?[\w-]+/g) ?? []),
  ...[
    "-d",
    "toy",
    "--driver=toy",
    "--toy-size",
    "2",
    "--toy-colour=red",
    "--count",
    "-f",
    "-y",
    "-q",
    "-u",
    "-r",
    "-i",
    "-t",
  ],
  ...[
    "--",
    "-",
    "",
    "web-1",
    "db",
    "nope",
    "web-1:/x",
    ":",
    "@",
    "__complete",
    "__proto__",
    "constructor",
    "--help",
    "-h",
  ],
  ...["--filter", "name=(", "label=a=b", "--format", "{{", "..", "--shell", "toString", "--engine-opt", "=", "--yes"],
];
const argument = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-cli-fuzz-"));
  await mkdir(join(folder, "work/here"), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Any command line ends, soon, with a documented exit code and sentences only. */
test("no command line shows a stack or hangs", async () => {
  const host = {
    run: async () => ({ code: 0, stdout: "", stderr: "" }),
    shell: async () => 0,
    upload: async () => {},
    download: async () => {},
  };
  await fc.assert(
    fc.asyncProperty(fc.array(argument, { maxLength: 7 }), fc.boolean(), async (argv, terminal) => {
      const { code, stdout, stderr } = await run(argv, {
        machinist: fakeMachinist({ host }).machinist,
        typed: "",
        // Some write a manifest where they are.
        cwd: join(folder, "work/here"),
        env: { NO_COLOR: "1" },
        ...(terminal && { columns: 40 }),
      });
      expect([0, 1, 2, 3]).toContain(code);
      if (!argv.some((word) => word === "-D" || word === "--debug")) expect(stdout + stderr).not.toMatch(/^\s+at /m);
      expect(stderr).not.toContain("(internal)");
      if (code !== 0 && !stderr.includes('"type":"error"'))
        expect(stderr).toMatch(/^error: .+ \([a-z]+(\.[a-z-]+)+\)$/m);
    }),
    { numRuns: 1500 },
  );
});
