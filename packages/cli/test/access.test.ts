import type { AccessView, EndingCertificate } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

const person = (name: string, more: Partial<AccessView> = {}): AccessView => ({
  name,
  since: "2026-01-02T03:04:05.000Z",
  until: "2027-01-02T03:04:05.000Z",
  serial: "5AF0C3D2E1B0A9988776655443322110",
  accepted: ["web-1"],
  pending: [],
  lacksCa: false,
  ...more,
});

describe("access", () => {
  test("add hands its flags on, with a place by default, and says what to do with the folder", async () => {
    const fake = fakeMachinist();
    const argv = ["access", "add", "alice", "--days", "90", "--fleet", "demo", "--machine", "web-1"];
    const { code, stdout } = await run(argv, { machinist: fake.machinist });
    expect(code).toBe(0);
    expect(fake.calls).toEqual([
      ["grantAccess", { name: "alice", output: "./alice", days: 90, fleets: ["demo"], machines: ["web-1"] }, {}],
    ]);
    expect(stdout).toContain("next: give ./alice to alice (it holds a secret key), then remove it here");
  });

  test("help has examples, asked for either way", async () => {
    const [one, other] = [await run(["help", "access"]), await run(["access", "--help"])];
    expect(one.stdout).toContain("machinist access add alice --fleet demo --days 90");
    expect(other.stdout).toBe(one.stdout);
  });

  test("revoke names the person", async () => {
    const fake = fakeMachinist();
    expect((await run(["access", "revoke", "alice", "--yes"], { machinist: fake.machinist })).code).toBe(0);
    expect(fake.calls).toEqual([["revokeAccess", "alice", {}]]);
  });

  test("ls tells who, since when, until when, where, and what is not done yet", async () => {
    const views = [
      person("alice"),
      person("bob", { machines: ["web-1", "web-2"], pending: ["web-2"] }),
      person("carol", { fleets: ["demo"], revoked: "2026-02-01T00:00:00.000Z", pending: ["web-1"] }),
      person("dave", { until: "2026-02-02T00:00:00.000Z" }),
      person("erin", { lacksCa: true }),
    ];
    const { machinist } = fakeMachinist({ overrides: { access: async () => views } });
    const now = Date.parse("2026-03-01T00:00:00Z");
    const { stdout, code } = await run(["access", "ls"], { machinist, now });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "NAME    SINCE        UNTIL        SERIAL         WHERE          STATE",
      "alice   2026-01-02   2027-01-02   5af0c3d2e1b0   everywhere     good",
      "bob     2026-01-02   2027-01-02   5af0c3d2e1b0   web-1, web-2   not yet on web-2",
      "carol   2026-01-02   2027-01-02   5af0c3d2e1b0   fleet demo     being revoked; still accepted by web-1",
      "dave    2026-01-02   2026-02-02   5af0c3d2e1b0   everywhere     ended",
      "erin    2026-01-02   2027-01-02   5af0c3d2e1b0   everywhere     good; lacks the next ca.pem",
    ]);
    const narrow = await run(["access", "ls", "--no-color"], { machinist, now, columns: 60 });
    expect(Math.max(...narrow.stdout.split("\n").map((line) => line.length))).toBe(60);
    const json = await run(["access", "ls", "--json"], { machinist });
    expect(JSON.parse(json.stdout)).toEqual(views);
  });

  test.each([
    [["access", "grant", "alice"], /access can add, ls and revoke.*\(usage\.value\)\nhint: See/],
    [["access", "add"], /Whose access to add\? \(usage\.missing-argument\)\nhint: machinist access add NAME/],
    [["access", "add", "alice", "--days", "0"], /--days must be a whole number.*\(usage\.value\)/],
    [["access", "ls", "x", "y"], /\(usage\.too-many-arguments\)/],
    [["regenerate-certs", "--prepare", "web-1"], /--prepare and --output belong to --ca.*\(usage\.conflict\)/],
    [["regenerate-certs", "--ca", "web-1"], /--ca is about the whole store.*\(usage\.conflict\)/],
  ])("%j is refused with a way out", async (argv, said) => {
    const fake = fakeMachinist();
    const { code, stderr } = await run(argv, { machinist: fake.machinist });
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
    expect(fake.calls).toEqual([]);
  });
});

describe("certificates that end", () => {
  const notice = (what: EndingCertificate["what"], name: string): EndingCertificate => ({
    what,
    name,
    expires: "2026-01-19T12:00:00Z",
    days: 9,
    message: `The certificate of ${name || what} ends in 9 days`,
    hint: `machinist renew ${name || what}`,
  });

  test("ls warns of the store's and people's, as JSON where that is asked for", async () => {
    const certificates = async () => [notice("ca", ""), notice("person", "alice"), notice("server", "web-1")];
    const { machinist } = fakeMachinist({ machines: [], overrides: { certificates } });
    const { stderr } = await run(["ls"], { machinist });
    expect(stderr).toContain("warning: The certificate of ca ends in 9 days: machinist renew ca\n");
    expect(stderr).toContain("warning: The certificate of alice ends in 9 days");
    expect(stderr).not.toContain("web-1");
    const json = await run(["ls", "--json"], { machinist });
    expect(JSON.parse(json.stdout)).toEqual([]);
    expect(JSON.parse(json.stderr.split("\n")[0]!)).toMatchObject({ type: "warning" });
    expect((await run(["ls", "-q"], { machinist })).stderr).toBe("");
  });
});
