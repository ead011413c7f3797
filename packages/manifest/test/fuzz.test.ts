import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManifestError, manifestSchema, readManifest } from "../src/index.ts";
import { Problems } from "../src/problem.ts";
import type { Tree } from "../src/tree.ts";
import { validate } from "../src/validate.ts";
import { inFolder } from "./folder.ts";

const seed = 20261122;
const corpus = {
  "machines.yaml": `name: demo
driver: nspawn
options: { release: trixie }
engine: { labels: &l { env: dev }, port: 2376 }
machines:
  manager: { swarm: manager }
  worker: { count: 2, swarm: { role: worker, labels: *l }, labels: { disk: "\${X:-ssd}" } }
compose:
  - { file: c.yaml, on: manager-1 }
stacks:
  web: { file: c.yaml }
`,
  "machines.json":
    '{"machines": {"web": {"count": 2, "options": {"a": [1, null]}}}, "compose": [{"file": "c.yaml", "on": "all"}]}',
  "machines.toml":
    '[machines.web]\ncount = 2\n[machines.web.options]\nd = 2024-01-01\n[[compose]]\nfile = "c.yaml"\non = "web"\n',
};
const scraps = [
  "\t",
  "\n",
  ": ",
  "- ",
  "{",
  "}",
  "[",
  "]",
  "&a ",
  "*a",
  "!!x ",
  "${",
  "$",
  '"',
  "'",
  "#",
  "|",
  "<<: ",
  "\u2028",
  "\0",
  "é",
  "---\n",
  "__proto__",
  "= ",
  "[[",
  "1e999",
];

/** A manifest with bits cut out, doubled, moved and put in. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(12),
    put: fc.oneof(fc.constantFrom(...scraps), fc.string({ maxLength: 4 })),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 6 })
    .map((edits) => edits.reduce((now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut), text));
}

/** The longest a reading took, in ms; anything thrown but a ManifestError fails. */
async function survives(name: string, content: fc.Arbitrary<string | Uint8Array>, numRuns: number): Promise<number> {
  let longest = 0;
  await inFolder({ "c.yaml": "" }, async (cwd) => {
    await fc.assert(
      fc.asyncProperty(content, async (text) => {
        await writeFile(join(cwd, name), text);
        // Of its own work: how busy the computer is says nothing about a manifest.
        const started = process.cpuUsage();
        const error = await readManifest([name], { env: {}, cwd }).catch((thrown: unknown) => thrown);
        const { user, system } = process.cpuUsage(started);
        longest = Math.max(longest, (user + system) / 1000);
        if (!(error instanceof Error)) return;
        expect(error).toBeInstanceOf(ManifestError);
        expect((error as ManifestError).code).toMatch(/^manifest\.[a-z-]+$/);
        expect(error.message.length).toBeLessThan(20_000);
      }),
      { seed, numRuns },
    );
  });
  return longest;
}

describe.each(Object.entries(corpus))("%s", (name, text) => {
  it("survives what is done to it", async () => {
    expect(await survives(name, mutated(text), 400)).toBeLessThan(1000);
  });
  it("survives anything at all", async () => {
    const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 300, unit: "binary" }));
    expect(await survives(name, anything, 200)).toBeLessThan(1000);
  });
});

it.each<[string, string]>([
  ["machines.yaml", 'a: "\\x\n'.repeat(7000)],
  ["machines.yaml", "[a: b, ".repeat(9900)],
  ["machines.yaml", `a: &a x\nb:\n${"- *a\n".repeat(9000)}`],
  ["machines.yaml", `[${",".repeat(29_900)}`],
  ["machines.yaml", `a: "${"$a".repeat(400_000)}"`],
  ["machines.toml", `[a${".a".repeat(200_000)}]\n`],
  ["machines.toml", `a.b.c${" ".repeat(1_000_000)}=1`],
  ["machines.json", "[".repeat(29_000)],
])("reads or refuses the worst of %s within a second of work (%#)", async (name, text) => {
  expect(await survives(name, fc.constant(text), 1)).toBeLessThan(1000);
});

/** Plain data as a tree, all at one place. */
function treeOf(value: unknown): Tree {
  const place = { source: { path: "/x", name: "x", text: "" }, line: 1, column: 1 };
  if (Array.isArray(value)) return { kind: "list", items: value.map(treeOf), place };
  if (typeof value === "object" && value !== null)
    return {
      kind: "map",
      entries: new Map(Object.entries(value).map(([name, child]) => [name, { key: place, value: treeOf(child) }])),
      place,
    };
  return { kind: "leaf", value: value as string | number | boolean | null, text: String(value), place };
}

/** Values that fit the schema more or less: each part is now and then replaced by something else. */
const scalar = fc.oneof(
  fc.constantFrom("manager", "worker", "all", "web", "", "a b", "28.2"),
  fc.boolean(),
  fc.integer({ min: -2, max: 70_000 }),
  fc.double({ min: 0, max: 3, noNaN: true }),
  fc.constant(null),
);
const wild = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(fc.constantFrom("a", "role", "port", "count"), scalar, { maxKeys: 2 }),
);
const mostly = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: value as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: wild });
type Parts = { [key: string]: fc.Arbitrary<unknown> };
/** Any of these keys; `needed` nearly always, and now and then one that nobody knows. */
const some = (parts: Parts, ...needed: string[]) =>
  mostly(
    fc.oneof(
      { weight: 30, arbitrary: fc.record(parts, { requiredKeys: needed }) },
      { weight: 1, arbitrary: fc.record({ ...parts, logDriver: fc.constant(1) }, { requiredKeys: ["logDriver"] }) },
      { weight: 1, arbitrary: fc.record(parts, { requiredKeys: [] }) },
    ),
  );
const labels = mostly(fc.dictionary(fc.constantFrom("a", "b"), scalar, { maxKeys: 2 }));
const path = mostly(fc.constant("c.yaml"));
const list = mostly(fc.array(path, { maxLength: 2 }));
const engine = some({
  port: mostly(fc.integer({ min: 1, max: 65535 })),
  install: mostly(fc.constantFrom("auto", "https://x")),
  labels,
  dns: list,
  options: labels,
  hostname: mostly(fc.boolean()),
  version: mostly(fc.constant("28")),
});
const swarm = fc.oneof(
  mostly(fc.constantFrom("manager", "worker")),
  some({ role: mostly(fc.constant("manager")), labels, availability: mostly(fc.constant("drain")) }, "role"),
);
const group = some({
  count: mostly(fc.integer({ min: 0, max: 5 })),
  driver: mostly(fc.constant("x")),
  options: labels,
  engine,
  swarm,
  labels,
});
const names = (...valid: string[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...valid) },
    { weight: 1, arbitrary: fc.constantFrom("a b", "-a", "") },
  );
const where = fc.oneof(path, list);
const common = { on: where, name: mostly(fc.constant("shop")), profiles: list };
const project = fc.oneof(
  some({ ...common, file: path }, "file", "on"),
  some({ ...common, files: list }, "files", "on"),
  some({ ...common, file: path, files: list }),
);
const stack = some({ file: path, "env-file": where }, "file");
const parts = {
  name: mostly(fc.constant("demo")),
  engine,
  machines: mostly(fc.dictionary(names("web", "x.y"), group, { maxKeys: 2 })),
  compose: mostly(fc.array(project, { maxLength: 2 })),
  stacks: mostly(fc.dictionary(names("web", "db"), stack, { maxKeys: 2 })),
  contexts: mostly(fc.boolean()),
};
const manifest = some(parts, "machines");

it("accepts exactly what the published schema accepts, says an independent validator", () => {
  const validator = new Validator(JSON.parse(JSON.stringify(manifestSchema)), "7");
  const verdicts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(manifest, (value) => {
      const problems = new Problems();
      let ours = true;
      try {
        validate(treeOf(value), manifestSchema, problems);
        problems.throwIfAny();
      } catch {
        ours = false;
      }
      verdicts[ours ? "accepted" : "refused"]++;
      expect(ours).toBe(validator.validate(value).valid);
    }),
    { seed, numRuns: 2000 },
  );
  expect(verdicts.accepted).toBeGreaterThan(300);
  expect(verdicts.refused).toBeGreaterThan(300);
});
