import type { Machinist, Orphan, OrphanReport } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist, outcome } from "./fake-machinist.ts";
import { run } from "./world.ts";

const orphan = (label: string, more: Partial<Orphan> = {}): Orphan => ({
  driver: "toy",
  kind: "toy.box",
  owner: `m-${label}`,
  fleet: "demo",
  label,
  state: { id: label },
  createdAt: 0,
  ours: true,
  ...more,
});

function holding(report: Partial<OrphanReport>) {
  const asked: unknown[] = [];
  const orphans: Machinist["orphans"] = async (query) => {
    asked.push(query?.drivers);
    return { orphans: [], drivers: ["toy"], failures: [], skipped: [], ...report };
  };
  const fake = fakeMachinist({
    overrides: { orphans },
    outcome: outcome({ machines: [{ name: "box-1", result: "removed", ms: 1 }] }),
  });
  return { ...fake, asked };
}

const day = 86_400_000;

describe("prune", () => {
  test("lists orphans and removes them when agreed", async () => {
    const fake = holding({ orphans: [orphan("box-1"), orphan("box-2", { fleet: "", createdAt: 3 * day })] });
    const { stdout, code } = await run(["prune", "--yes"], { machinist: fake.machinist, now: 5 * day });
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "DRIVER   KIND   FLEET   CREATED   OBJECT",
      "toy      box    demo    5 d ago   box-1",
      "toy      box    -       2 d ago   box-2",
    ]);
    expect(stdout).toContain("1 removed");
    expect(code).toBe(0);
    expect(fake.calls.map(([method]) => method)).toEqual(["prune"]);
  });

  test("asks first, needs --yes without a terminal, and removes nothing in a dry run", async () => {
    const fake = holding({ orphans: [orphan("box-1")] });
    const refused = await run(["prune"], { machinist: fake.machinist });
    expect(refused.stderr).toMatch(/\(usage\.confirm\)\nhint: Pass --yes/);
    const declined = await run(["prune"], { machinist: fake.machinist, columns: 100, typed: "n\n" });
    expect(declined.stderr).toContain("Remove it? [y/N]");
    const dry = await run(["prune", "--dry-run"], { machinist: fake.machinist });
    expect([declined.code, dry.code, dry.stdout.includes("box-1")]).toEqual([0, 0, true]);
    const json = await run(["prune", "--dry-run", "--json"], { machinist: fake.machinist });
    expect(JSON.parse(json.stdout)).toMatchObject({ orphans: [{ label: "box-1", ours: true }], drivers: ["toy"] });
    expect(fake.calls).toEqual([]);
  });

  test("what other stores made is left, unless asked for", async () => {
    const fake = holding({ orphans: [orphan("box-1", { ours: false })] });
    const left = await run(["prune", "--yes"], { machinist: fake.machinist, columns: 100 });
    expect(left.stdout).toBe("No orphans (checked: toy).\n");
    expect(left.stderr).toContain("1 more carry the owner tags of other stores. To see them: --all-stores");
    expect(fake.calls).toEqual([]);
    const taken = await run(["prune", "--yes", "--all-stores"], { machinist: fake.machinist });
    expect(taken.stdout).toContain("box-1 (another store)");
    expect(fake.calls).toHaveLength(1);
  });

  test("a driver that cannot be asked is an error, and then nothing is removed", async () => {
    const failures = [{ id: "toy", code: "toy.no", message: "The box is shut", hint: "Open it" }];
    const fake = holding({ orphans: [orphan("box-1")], failures });
    const { code, stderr } = await run(["prune", "--yes"], { machinist: fake.machinist });
    expect(code).toBe(1);
    expect(stderr).toContain("Driver toy could not list its resources: The box is shut (toy.no)\nhint: Open it");
    expect(fake.calls).toEqual([]);
  });

  test("one driver alone, where its flags say, with its secret handed on and shown nowhere", async () => {
    const fake = holding({});
    const argv = ["prune", "-d", "toy", "--toy-size", "2", "--toy-access-token", "s3cret"];
    const { opened, stdout, stderr } = await run(argv, { machinist: fake.machinist });
    expect(fake.asked).toEqual([[{ driver: "toy", options: { size: "2" } }]]);
    expect(opened.at(-1)?.env).toEqual({ TOY_TOKEN: "s3cret" });
    expect(stdout + stderr).not.toContain("s3cret");
  });
});

describe("drivers' flags", () => {
  test("help shows groups, secrets and old flags apart", async () => {
    const { stdout } = await run(["create", "-d", "toy", "--help"]);
    const headings = stdout.split("\n").filter((line) => /^\S.*:$/.test(line));
    expect(headings).toEqual(
      expect.arrayContaining([
        "Driver toy (Machines made of nothing):",
        "Looks:",
        "Secrets, for this run only:",
        "Taken for the sake of old command lines, without effect:",
      ]),
    );
    expect(stdout).toMatch(/--toy-access-token <secret> +The key to the toy box \[\$TOY_TOKEN\]/);
    expect(stdout).toMatch(/--toy-old <value> +Nothing is made of iron any more/);
  });

  test("a secret is no option: it reaches the driver by its variable, for this run", async () => {
    const fake = fakeMachinist();
    const argv = ["create", "-d", "toy", "--toy-size", "2", "--toy-access-token=s3cret", "--toy-old", "x", "web"];
    const { code, opened, stderr, stdout } = await run(argv, { machinist: fake.machinist, columns: 100 });
    expect(code).toBe(0);
    expect(opened.at(-1)?.env).toEqual({ TOY_TOKEN: "s3cret" });
    expect(JSON.stringify(fake.calls) + stdout + stderr).not.toContain("s3cret");
    expect(stderr).toContain("--toy-old has no effect: Nothing is made of iron any more.");
  });
});
