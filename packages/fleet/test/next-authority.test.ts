import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificates, fingerprintsIn } from "@machinist/provision";
import { expect, test } from "vitest";
import { world } from "./world.ts";

/** A store with a CA and people with access, and a folder beside it. */
async function withPeople(...names: string[]) {
  const { machinist, path } = await world();
  const outside = join(path, "..", "outside");
  await mkdir(outside);
  const give = async (name: string) => {
    const output = join(outside, name);
    expect(await machinist.grantAccess({ name, output }).result).toMatchObject({ ok: true });
  };
  for (const name of names) await give(name);
  const at = (name: string) => join(outside, name);
  const certs = (name = "") => join(path, "certs", name);
  const lacking = async () => (await machinist.access()).filter(({ lacksCa }) => lacksCa).map(({ name }) => name);
  return { machinist, give, at, certs, lacking, text: (file: string) => readFile(file, "utf8") };
}

test("a change of the CA that was prepared cuts off nobody who was handed the file, then or with their access", async () => {
  const { machinist, give, at, certs, lacking, text } = await withPeople("alice", "bob");
  const old = await text(certs("ca.pem"));
  expect(await machinist.peopleCutOff()).toEqual(["alice", "bob"]);
  expect(await lacking()).toEqual([]);

  const prepared = await machinist.prepareAuthority(at("next.pem"));
  expect(prepared).toEqual({ path: at("next.pem"), people: ["alice", "bob"] });
  // Whoever has it trusts engines before and after; here nothing has changed.
  const both = await text(at("next.pem"));
  expect(fingerprintsIn(both)).toHaveLength(2);
  expect(both.startsWith(old)).toBe(true);
  expect((await stat(at("next.pem"))).mode & 0o777).toBe(0o644);
  expect(await text(certs("ca.pem"))).toBe(old);
  expect(await machinist.peopleCutOff()).toEqual([]);
  const findings = await machinist.doctor();
  expect(findings).toContainEqual(
    expect.objectContaining({ name: "certificates", message: expect.stringContaining("Another CA is prepared") }),
  );

  await give("carol");
  expect(await text(join(at("carol"), "ca.pem"))).toBe(both);
  expect(await machinist.peopleCutOff()).toEqual([]);
  // Typed again it is the same CA, and the same file is no other one.
  expect(await machinist.prepareAuthority(at("next.pem"))).toMatchObject({ people: ["alice", "bob", "carol"] });
  expect(await text(at("next.pem"))).toBe(both);

  const told: string[] = [];
  const run = machinist.rotateAuthority();
  for await (const event of run) if (event.type === "log") told.push(event.message);
  expect(await run.result).toMatchObject({ ok: true });
  const now = await text(certs("ca.pem"));
  expect(fingerprintsIn(now)).toHaveLength(1);
  expect(fingerprintsIn(both)).toContain(fingerprintsIn(now)[0]);
  expect(told.join("\n")).not.toContain("they need the new ca.pem");
  expect(await lacking()).toEqual([]);
});

test("who was not told of the next CA is named before the change, while it is prepared, and by it", async () => {
  const { machinist, at, certs, lacking, text } = await withPeople("alice");
  const told: string[] = [];
  const run = machinist.rotateAuthority();
  for await (const event of run) if (event.type === "log") told.push(event.message);
  expect(told.at(-1)).toMatch(/they need the new ca\.pem \(no secret\): alice$/);
  expect(await lacking()).toEqual([]);
  // Prepared by another process that did not hand it out.
  await createCertificates({ folder: certs() }).rotation.prepare();
  expect([await lacking(), await machinist.peopleCutOff()]).toEqual([["alice"], ["alice"]]);
  expect(await machinist.revokeAccess("alice").result).toMatchObject({ ok: true });
  expect(await machinist.peopleCutOff()).toEqual([]);
  await writeFile(at("mine"), "mine");
  await expect(machinist.prepareAuthority(at("mine"))).rejects.toMatchObject({ code: "access.output" });
  expect(await text(at("mine"))).toBe("mine");
  await expect(machinist.prepareAuthority(join(at("mine"), "below"))).rejects.toMatchObject({ code: "access.output" });
  expect(await text(certs("ca.pem"))).not.toBe("");
});

test("a store without a CA prepares one with the first, and a prepared one can be taken back", async () => {
  const { machinist, at, certs, text } = await withPeople();
  expect(await machinist.prepareAuthority(at("next.pem"))).toEqual({ path: at("next.pem"), people: [] });
  await rm(certs("rotation"), { recursive: true });
  expect(await createCertificates({ folder: certs() }).rotation.phase()).toBeUndefined();
  await machinist.prepareAuthority(at("other.pem"));
  expect(await text(at("other.pem"))).not.toBe(await text(at("next.pem")));
});
