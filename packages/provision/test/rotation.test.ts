import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  certificatesIn,
  createAccessList,
  createCertificates,
  grantOf,
  inspect,
  issuePersonal,
  matches,
  signedBy,
} from "../src/certs/index.ts";
import { issue, newKey } from "../src/certs/sign.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-rotation-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (name: string) => readFile(join(folder, name), "utf8");
const mode = async (name: string) => ((await stat(join(folder, name))).mode & 0o777).toString(8);

/** What docker-machine and docker clients need of the folder. */
async function valid(): Promise<void> {
  expect(matches(await text("ca.pem"), await text("ca-key.pem"))).toBe(true);
  expect(matches(await text("cert.pem"), await text("key.pem"))).toBe(true);
  const trusted = certificatesIn(await text("ca.pem"));
  const cert = await text("cert.pem");
  expect(trusted.some((ca) => signedBy(cert, ca))).toBe(true);
}

describe("a change of the CA", () => {
  test("trusts both, then signs with the new one, then trusts it alone; docker-machine's files are valid throughout", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    const { rotation } = certificates;
    const old = { ...(await certificates.client()), ca: (await certificates.ca()).cert };
    expect(await rotation.phase()).toBeUndefined();

    await rotation.introduce();
    expect(await rotation.phase()).toBe("introduce");
    await valid();
    const both = certificatesIn(await text("ca.pem"));
    expect([both.length, both[0]]).toEqual([2, old.ca]);
    expect(await certificates.client()).toEqual({ cert: old.cert, key: old.key });
    await rotation.introduce();
    expect(certificatesIn(await text("ca.pem"))).toEqual(both);

    await rotation.exchange();
    expect(await rotation.phase()).toBe("exchange");
    await valid();
    expect(certificatesIn(await text("ca.pem"))).toEqual([both[1], both[0]]);
    // Engines trust both, one after the other: until the last does, the old certificate is what all of them take.
    expect((await certificates.client()).cert).toBe(old.cert);
    const fresh = await certificates.followClient();
    expect(await certificates.client()).toEqual(fresh);
    // Whoever reads one file before and the other after still has a pair.
    expect([fresh.key, await text("key.pem")]).toEqual([old.key, old.key]);
    expect([signedBy(fresh.cert, both[1]!), signedBy(fresh.cert, old.ca)]).toEqual([true, false]);
    expect(signedBy((await certificates.issueServer({ machine: "m", sans: ["m"] })).cert, both[1]!)).toBe(true);

    await rotation.drop();
    expect(await rotation.phase()).toBe("drop");
    expect(certificatesIn(await text("ca.pem"))).toEqual([both[1]]);
    await rotation.finish();
    expect(await rotation.phase()).toBeUndefined();
    expect((await readdir(folder)).sort()).toEqual(["ca-key.pem", "ca.pem", "cert.pem", "key.pem"]);
    expect(await Promise.all(["ca-key.pem", "key.pem"].map(mode))).toEqual(["600", "600"]);
    expect(inspect(both[1]!).organization).not.toBe(inspect(old.ca).organization);
    await valid();
  });

  test("prepared beforehand, nobody trusts the new one yet, and what is handed out holds both", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    const { rotation } = certificates;
    expect(await certificates.handOut()).toBeUndefined();
    await certificates.client();
    const { cert: old } = await certificates.ca();
    expect([await certificates.handOut(), await rotation.next()]).toEqual([old, undefined]);
    await rotation.prepare();
    const next = await rotation.next();
    expect([await rotation.phase(), await text("ca.pem")]).toEqual(["prepared", old]);
    expect(await certificates.trusted("m", "f")).toBe(old);
    expect(certificatesIn((await certificates.handOut())!)).toEqual([old, next]);
    await rotation.prepare();
    expect(await rotation.next()).toBe(next);
    await rotation.introduce();
    await rotation.exchange();
    await rotation.drop();
    expect([await text("ca.pem"), await certificates.handOut()]).toEqual([next, next]);
  });

  test("killed between any two files of the exchange, the next command finishes it", async () => {
    const names = ["ca-key.pem", "ca.pem", "key.pem", "cert.pem"];
    const snapshot = () => Promise.all(names.map(text));
    const first = createCertificates({ folder, organization: "user" });
    await first.client();
    await first.rotation.introduce();
    const before = await snapshot();
    await first.rotation.exchange();
    await first.followClient();
    const after = await snapshot();
    for (let done = 0; done < names.length; done++) {
      for (const [index, name] of names.entries())
        await writeFile(join(folder, name), (index < done ? after : before)[index]!);
      const next = createCertificates({ folder, organization: "user" });
      const { cert: ca } = await next.ca();
      const client = await next.followClient();
      expect([matches(client.cert, client.key), signedBy(client.cert, ca)]).toEqual([true, true]);
      await valid();
      await next.rotation.exchange();
      expect((await snapshot()).slice(0, 3)).toEqual(after.slice(0, 3));
      expect(await next.rotation.phase()).toBe("exchange");
    }
  });

  test("what was being made when it was killed is not taken for a new CA", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    await certificates.client();
    await certificates.rotation.introduce();
    await rm(join(folder, "rotation"), { recursive: true });
    expect(await certificates.rotation.phase()).toBeUndefined();
    await valid();
  });

  test("replaces a CA that has ended, or whose key is lost", async () => {
    const key = await newKey();
    const past = Date.now() - 2000 * 86_400_000;
    await writeFile(join(folder, "ca.pem"), await issue({ role: "ca", organization: "user", key, now: past }));
    const certificates = createCertificates({ folder, organization: "user" });
    await expect(certificates.ca()).rejects.toMatchObject({
      code: "certs.ca-key-missing",
      hint: expect.stringContaining("regenerate-certs --ca"),
    });
    await writeFile(join(folder, "ca-key.pem"), key);
    await expect(certificates.ca()).rejects.toMatchObject({ code: "certs.ca-expired" });
    await certificates.rotation.introduce();
    await certificates.rotation.exchange();
    await certificates.followClient();
    await valid();
    await certificates.rotation.drop();
    await valid();
  });

  test("a machine's folder trusts both while its engine may have either, and keeps its client pair until told", async () => {
    const certificates = createCertificates({ folder: join(folder, "certs"), organization: "user" });
    const dir = join(folder, "m1");
    await certificates.copyTo(dir);
    const before = await readFile(join(dir, "cert.pem"), "utf8");
    await certificates.rotation.introduce();
    await certificates.rotation.exchange();
    await certificates.rotation.drop();
    expect(await certificates.isCopiedTo(dir)).toBe(false);
    await certificates.prepare(dir);
    expect(certificatesIn(await readFile(join(dir, "ca.pem"), "utf8"))).toHaveLength(2);
    expect(await readFile(join(dir, "cert.pem"), "utf8")).toBe(before);
    await certificates.copyTo(dir);
    expect(await certificates.isCopiedTo(dir)).toBe(true);
    const pair = await Promise.all(["cert.pem", "key.pem"].map((name) => readFile(join(dir, name), "utf8")));
    expect(matches(pair[0]!, pair[1]!)).toBe(true);
  });
});

describe("the list of people", () => {
  test("says who is trusted where, and forgets", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    await certificates.client();
    const list = createAccessList(folder);
    expect([await list.all(), await list.find("alice")]).toEqual([[], undefined]);
    const { cert, key } = await issuePersonal("alice", 10);
    expect(matches(cert, key)).toBe(true);
    const grant = grantOf("alice", cert, { fleets: ["web"] });
    expect(Date.parse(grant.until) - Date.parse(grant.since)).toBe(10 * 86_400_000);
    await list.put(grant);
    expect(await mode("access/alice.json")).toBe("600");
    expect(await text("access/alice.json")).not.toContain("PRIVATE");
    const trusted = async (machine: string, fleet: string) =>
      certificatesIn((await certificates.trusted(machine, fleet)) ?? "").length;
    expect([await trusted("m", "web"), await trusted("m", "other")]).toEqual([2, 1]);
    await list.put({ ...grant, revoked: new Date().toISOString() });
    expect(await trusted("m", "web")).toBe(1);
    await list.drop("alice");
    await list.drop("alice");
    expect(await list.all()).toEqual([]);
  });

  test("a damaged entry is an error with a way out, not a person less", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    await certificates.client();
    const list = createAccessList(folder);
    await list.put(grantOf("bob", (await issuePersonal("bob", 10)).cert, {}));
    for (const damaged of ["{", "null", '{"name":"bob"}', '{"name":"bob","cert":"x","until":"2030"}']) {
      await writeFile(join(folder, "access", "bob.json"), damaged);
      const error = { code: "access.unreadable", hint: expect.stringContaining("rm ") };
      await expect(list.all()).rejects.toMatchObject(error);
      await expect(certificates.trusted("m", "f")).rejects.toMatchObject(error);
    }
  });
});
