import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SavedResource, ScopeRecord } from "@machinist/core";
import { FileStore } from "@machinist/core";
import {
  createAccessList,
  createCertificates,
  fingerprintsIn,
  grantOf,
  issuePersonal,
  type RotationPhase,
} from "@machinist/provision";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../src/api.ts";
import { type RoundOf, walkPhases } from "../src/certificates/rotate.ts";
import { fleet, machine, world } from "./world.ts";

const outcome = (names: readonly string[], failing: readonly string[] = [], cancelled = false): Outcome => ({
  ok: failing.length === 0 && !cancelled,
  cancelled,
  changed: names.length,
  machines: names.map((name) => ({ name, result: failing.includes(name) ? "failed" : "done", ms: 1 })),
  failures: failing.map((id) => ({ id, code: "machine.not-running", message: `${id} is stopped` })),
  ms: 1,
});

/** A rotation that is told by its phase alone, and what was done to it. */
function fakeRotation(phase?: RotationPhase) {
  const acts: string[] = [];
  const rotation = {
    phase: async () => phase,
    prepare: async () => {},
    next: async () => undefined,
    introduce: async () => void acts.push("introduce"),
    exchange: async () => void acts.push("exchange"),
    drop: async () => void acts.push("drop"),
    finish: async () => void acts.push("finish"),
    heal: async () => false,
  };
  const round = async (names: readonly string[], at: RoundOf) => {
    acts.push(`${at}: ${names.join(" ")}`);
    return outcome(names);
  };
  const followClient = async () => void acts.push("client");
  return { acts, walk: { rotation, machines: ["a", "b"], canSign: async () => true, followClient, round } };
}

const exchanged = ["exchange", "exchange: a b", "client", "follow: a b", "drop", "drop: a b", "finish"];

describe("a change of the CA", () => {
  test("goes through its phases, every machine in each", async () => {
    const { acts, walk } = fakeRotation();
    expect(await walkPhases(walk)).toMatchObject({ ok: true, changed: 8 });
    expect(acts).toEqual(["introduce", "introduce: a b", ...exchanged]);
  });

  test.each([
    ["prepared", ["introduce", "introduce: a b", ...exchanged]],
    ["introduce", ["introduce", "introduce: a b", ...exchanged]],
    ["exchange", exchanged],
    ["drop", ["drop: a b", "finish"]],
  ] as [RotationPhase, string[]][])("goes on from %s", async (phase, expected) => {
    const { acts, walk } = fakeRotation(phase);
    await walkPhases(walk);
    expect(acts).toEqual(expected);
  });

  test("a machine that cannot be reached is left out of what follows, named, and keeps the change open", async () => {
    const { acts, walk } = fakeRotation();
    const round = async (names: readonly string[], at: RoundOf) => {
      acts.push(`${at}: ${names.join(" ")}`);
      return outcome(names, at === "exchange" ? ["b"] : []);
    };
    const result = await walkPhases({ ...walk, round });
    expect(acts.slice(3)).toEqual(["exchange: a b", "client", "follow: a", "drop", "drop: a"]);
    expect(result.ok).toBe(false);
    expect(result.machines.map(({ name, result }) => [name, result])).toEqual([
      ["a", "done"],
      ["b", "failed"],
    ]);
    expect(result.failures).toHaveLength(1);
  });

  test("cancelled in a phase, it goes no further", async () => {
    for (const [at, last] of Object.entries({
      ...{ introduce: "introduce", exchange: "exchange", follow: "client", drop: "drop" },
    })) {
      const { acts, walk } = fakeRotation();
      const round = async (names: readonly string[], of: RoundOf) => outcome(names, [], of === at);
      expect(await walkPhases({ ...walk, round })).toMatchObject({ ok: false, cancelled: true });
      expect(acts.at(-1)).toBe(last);
    }
  });

  test("a CA that cannot sign any more is not waited for", async () => {
    const { acts, walk } = fakeRotation();
    await walkPhases({ ...walk, canSign: async () => false });
    expect(acts.slice(0, 6)).toEqual([
      ...["introduce", "exchange", "client", "introduce: a b", "exchange", "exchange: a b"],
    ]);
  });

  test("a store without machines gets one, too; a damaged list of people stops nothing but is said", async () => {
    const { machinist, path } = await world();
    const first = createCertificates({ folder: join(path, "certs") });
    const { cert: old } = await first.client();
    expect(await machinist.rotateAuthority().result).toMatchObject({ ok: true });
    expect(await readFile(join(path, "certs", "cert.pem"), "utf8")).not.toBe(old);
    expect((await readdir(join(path, "certs"))).sort()).toEqual(["ca-key.pem", "ca.pem", "cert.pem", "key.pem"]);
  });

  test("one process at a time works on the store's certificates", async () => {
    const { machinist, path, again } = await world();
    await createCertificates({ folder: join(path, "certs") }).client();
    const other = await again();
    const results = await Promise.allSettled([machinist.rotateAuthority().result, other.rotateAuthority().result]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "store.locked" } });
  });
});

const day = 86_400_000;

/** A machine with an engine in its record, without any host. */
async function engineOf(path: string, name: string, state: SavedResource["state"]): Promise<void> {
  const store = new FileStore(path);
  const record = (await store.load(name)) as ScopeRecord;
  const id = `${name}/engine`;
  const engine: SavedResource = {
    ...{ id, kind: "docker.engine", props: {}, parents: [`${name}/instance`] },
    ...{ generation: 9, status: "created", intentAt: 0, ...(state ? { state } : {}) },
  };
  await store.save({ ...record, resources: { ...record.resources, [id]: engine } });
}

describe("certificates that end within 30 days", () => {
  test("are told of in plan, up, doctor and by themselves: whose, when, and what to type", async () => {
    const { machinist, path } = await world();
    await machinist.up(fleet([machine("a-1")])).result;
    expect(await machinist.certificates()).toEqual([]);
    const [ca, client, alice] = await Promise.all(
      (
        [
          ["u", 20],
          ["u.c", 10],
          ["alice", 5],
        ] as const
      ).map(([name, days]) => issuePersonal(name, days)),
    );
    await mkdir(join(path, "certs"), { recursive: true });
    for (const [name, text] of Object.entries({ "ca.pem": ca!.cert, "cert.pem": client!.cert }))
      await writeFile(join(path, "certs", name), text);
    await createAccessList(join(path, "certs")).put(grantOf("alice", alice!.cert, {}));
    const expires = new Date(Date.now() - day / 2).toISOString();
    await engineOf(path, "a-1", { certExpires: expires, trusted: fingerprintsIn(ca!.cert) });

    const notices = await machinist.certificates();
    expect(notices.map(({ what, name, days, hint }) => [what, name, days, hint])).toEqual([
      ["ca", "", 19, "machinist regenerate-certs --ca"],
      ["client", "", 9, "machinist regenerate-certs --client-certs"],
      ["server", "a-1", -1, "machinist regenerate-certs a-1"],
      ["person", "alice", 4, "machinist access revoke alice; machinist access add alice"],
    ]);
    expect(notices[0]?.message).toBe("The certificate authority of this store ends in 19 days");
    expect(notices[2]?.message).toBe(`The certificate of a-1 ended on ${expires.slice(0, 10)}`);
    const findings = await machinist.doctor();
    for (const { message, hint, days } of notices.filter(({ what }) => what !== "server"))
      expect(findings).toContainEqual({
        name: "certificates",
        status: days < 0 ? "failed" : "warning",
        message,
        hint,
      });
    expect(findings).toContainEqual({
      ...{ name: "machine a-1", status: "failed", hint: "machinist regenerate-certs a-1" },
      message: notices[2]!.message,
    });

    const planned = await machinist.plan(fleet([machine("a-1")]));
    expect(planned.certificates?.map(({ of, days }) => [of, days])).toEqual([
      ["ca", 19],
      ["client", 9],
      ["server", -1],
    ]);
    const warnings: string[] = [];
    const run = machinist.up(fleet([machine("b-1")], "other"));
    for await (const event of run) if (event.type === "log" && event.level === "warn") warnings.push(event.message);
    expect(warnings[0]).toBe(
      "The certificate authority of this store ends in 19 days: machinist regenerate-certs --ca",
    );
  });
});

describe("people's access", () => {
  test("bad names, days, places and people are refused, with nothing made", async () => {
    const { machinist, path } = await world();
    await machinist.up(fleet([machine("a-1")])).result;
    const output = join(path, "..", "alice");
    for (const name of ["", "../x", ".x", "a b", "a/b", "é", "x".repeat(64)])
      await expect(machinist.grantAccess({ name, output }).result).rejects.toMatchObject({
        code: "access.name",
        hint: expect.any(String),
      });
    for (const days of [0, -1, 1.5, 3651, Number.NaN])
      await expect(machinist.grantAccess({ name: "a", days, output }).result).rejects.toMatchObject({
        code: "access.days",
      });
    await expect(machinist.grantAccess({ name: "a", machines: ["a-2"], output }).result).rejects.toMatchObject({
      code: "machine.unknown",
      hint: expect.stringContaining("a-1"),
    });
    await expect(machinist.grantAccess({ name: "a", fleets: ["dem"], output }).result).rejects.toMatchObject({
      code: "fleet.unknown",
    });
    await expect(machinist.grantAccess({ name: "a", output: path }).result).rejects.toMatchObject({
      code: "access.output",
    });
    await expect(machinist.revokeAccess("nobody").result).rejects.toMatchObject({ code: "access.unknown" });
    await expect(machinist.revokeAccess("../../x").result).rejects.toMatchObject({ code: "access.unknown" });
    expect(await machinist.access()).toEqual([]);
    expect(await readdir(join(path, "..")).then((all) => all.sort())).toEqual(["store"]);
  });

  test("is handed over once; the key stays nowhere here, and the same call again changes nothing", async () => {
    const { machinist, path } = await world();
    const output = join(path, "..", "alice");
    expect(await machinist.grantAccess({ name: "alice", output }).result).toMatchObject({ ok: true });
    const key = await readFile(join(output, "key.pem"), "utf8");
    const kept = await readdir(join(path, "certs"), { recursive: true });
    expect(kept).not.toContain("access/.alice.to-hand-over");
    for (const file of kept.filter((each) => /\.(pem|json)$/.test(each)))
      expect(await readFile(join(path, "certs", file), "utf8")).not.toContain(key.split("\n")[3]);
    expect(await machinist.grantAccess({ name: "alice", output }).result).toMatchObject({ ok: true });
    expect(await readFile(join(output, "key.pem"), "utf8")).toBe(key);
    await expect(machinist.grantAccess({ name: "alice", output: `${output}-2` }).result).rejects.toMatchObject({
      code: "access.exists",
      hint: "For a new certificate, take the old one away first: machinist access revoke alice",
    });
    expect(await machinist.revokeAccess("alice").result).toMatchObject({ ok: true });
    expect(await machinist.access()).toEqual([]);
  });

  test("killed before it was handed over, the same call hands it over; an unwritable place is said", async () => {
    const { machinist, path } = await world();
    const blocked = join(path, "..", "file");
    await writeFile(blocked, "");
    const failing = machinist.grantAccess({ name: "alice", output: join(blocked, "alice") }).result;
    await expect(failing).rejects.toMatchObject({ code: "access.output", hint: expect.stringContaining("--output") });
    const output = join(path, "..", "alice.tar.gz");
    expect(await machinist.grantAccess({ name: "alice", output }).result).toMatchObject({ ok: true });
    const { spawnSync } = await import("node:child_process");
    const { stdout } = spawnSync("tar", ["-tzvf", output], { encoding: "utf8" });
    const listed = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/))
      .map((words) => [words[0], words.at(-1)]);
    expect(listed).toEqual([
      ["-rw-------", "alice/README.md"],
      ["-rw-------", "alice/ca.pem"],
      ["-rw-------", "alice/cert.pem"],
      ["-rwx------", "alice/contexts"],
      ["-rw-------", "alice/key.pem"],
      ["-rwx------", "alice/use"],
    ]);
    expect(await readdir(join(path, "certs", "access"))).toEqual(["alice.json"]);
    expect(await machinist.grantAccess({ name: "alice", output }).result).toMatchObject({ ok: true });
    await expect(machinist.grantAccess({ name: "alice", fleets: [], output }).result).rejects.toMatchObject({
      code: "access.exists",
      message: expect.stringContaining("elsewhere"),
    });
  });

  test("revoked, it is kept until the last engine has forgotten it, and said where it still holds", async () => {
    const { machinist, path } = await world();
    await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
    const list = createAccessList(join(path, "certs"));
    const { cert } = await createCertificates({ folder: join(path, "certs") }).client();
    await list.put(grantOf("alice", cert, { fleets: ["demo"] }));
    await engineOf(path, "a-1", { trusted: fingerprintsIn(cert) });
    await engineOf(path, "a-2", { trusted: [] });
    expect(await machinist.access()).toMatchObject([{ name: "alice", accepted: ["a-1"], pending: ["a-2"] }]);
    // There is no host behind these engines.
    const outcome = await machinist.revokeAccess("alice").result;
    expect(outcome.ok).toBe(false);
    expect(outcome.failures.map(({ id }) => id.split("/")[0])).toEqual(expect.arrayContaining(["a-1", "a-2"]));
    expect(await machinist.access()).toMatchObject([
      { name: "alice", revoked: expect.any(String), accepted: ["a-1"], pending: ["a-1"] },
    ]);
    await expect(machinist.grantAccess({ name: "alice", output: join(path, "x") }).result).rejects.toMatchObject({
      code: "access.exists",
      hint: "Finish that first: machinist access revoke alice",
    });
    await engineOf(path, "a-1", { trusted: [] });
    expect(await machinist.access()).toEqual([]);
  });
});
