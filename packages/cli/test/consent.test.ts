import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { run } from "./world.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "machinist-consent-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** What was removed, overwritten or given away, by whoever does it. */
function world() {
  const done: string[] = [];
  const fake = fakeMachinist({
    machines: [info("web-1", { fleet: "demo" })],
    overrides: {
      removeDriver: async (name) => void done.push(`removeDriver ${name}`),
      forgetExported: async (names) => void done.push(`forgetExported ${names}`),
      access: async () => [
        {
          name: "alice",
          since: "2026-01-02",
          until: "2027-01-02",
          serial: "5A",
          accepted: ["web-1"],
          pending: [],
          lacksCa: true,
        },
      ],
      peopleCutOff: async () => ["alice", "bob"],
      orphans: async () => ({
        orphans: [
          { driver: "toy", kind: "toy.box", fleet: "x", id: "b", label: "b", ours: true, owner: "o", state: {} },
        ],
        ...{ drivers: ["toy"], failures: [], skipped: [] },
      }),
    },
  });
  writeFileSync(join(cwd, "docker"), `#!/bin/sh\ntouch '${join(cwd, "asked")}'\n`);
  chmodSync(join(cwd, "docker"), 0o755);
  const env = { PATH: `${cwd}:${process.env.PATH}`, MACHINIST_PASSPHRASE: "correct horse battery" };
  const all = () => [
    ...fake.calls.map(([method]) => method),
    ...done,
    ...(existsSync(join(cwd, "asked")) ? ["docker"] : []),
    ...(existsSync(join(cwd, "web-1.machinist")) ? ["written"] : []),
  ];
  return { all, machinist: fake.machinist, env, cwd };
}

const removing: readonly (readonly [words: string, question: string, done: readonly string[]])[] = [
  ["rm web-1", "Remove web-1?", ["remove"]],
  ["down demo", "Remove fleet demo with web-1?", ["down"]],
  ["prune", "Remove it?", ["prune"]],
  ["snapshot rm web-1 before", "Remove snapshot before of web-1?", ["snapshot"]],
  ["snapshot restore web-1 before", "Put web-1 back to before;", ["snapshot"]],
  ["access revoke alice", "Revoke the access of alice (everywhere); Docker restarts there?", ["revokeAccess"]],
  [
    "regenerate-certs --ca",
    "alice, bob will not trust the engines until they have the new ca.pem.",
    ["rotateAuthority"],
  ],
  ["driver rm toy", "Remove driver toy from this store?", ["removeDriver toy"]],
  ["buildx rm shop", "Remove builder shop, with its build cache?", ["docker"]],
  ["export web-1 --forget", "Forget web-1 here?", ["forgetExported web-1", "written"]],
];

test.each(removing)("%s asks at a terminal, and without one is done only with --yes", async (line, question, done) => {
  const words = line.split(" ");
  const here = world();
  const refused = await run(words, here);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/\(usage\.confirm\)\nhint: Pass --yes/)]);
  const machine = await run([...words, "--json"], { ...here, columns: 100, typed: "y\n" });
  expect([machine.code, machine.stderr]).toEqual([2, expect.stringContaining("usage.confirm")]);
  const declined = await run(words, { ...here, columns: 100, typed: "n\n" });
  expect([declined.code, declined.stderr]).toEqual([0, expect.stringContaining(question)]);
  expect(declined.stderr).toContain("Nothing was changed.");
  expect(here.all()).toEqual([]);
  expect((await run(words, { ...here, columns: 100, typed: "y\n" })).code).toBe(0);
  expect(here.all()).toEqual(done);
  rmSync(join(cwd, "web-1.machinist"), { force: true });
  const agreed = await run([...words, "--yes"], here);
  expect([agreed.code, agreed.stderr.includes("[y/N]")]).toEqual([0, false]);
});

test("access that nobody has is said to be so before anybody is asked", async () => {
  const { machinist, all } = world();
  const ran = await run(["access", "revoke", "bob"], { machinist, columns: 100 });
  expect(ran.stderr).not.toContain("[y/N]");
  expect(all()).toEqual(["revokeAccess"]);
});
