import { describe, expect, test } from "vitest";
import { propChanges } from "../../src/converge/prop-changes.ts";

describe("before and after", () => {
  test("of what was declared again, and of what drifted as far as it was seen", () => {
    const changes = propChanges({ a: 1, b: 2, c: 3 }, { a: 1, b: 4, d: 5 }, ["a", "running"], { running: false });
    expect(changes).toEqual([
      { prop: "a", after: 1, drift: true },
      { prop: "b", before: 2, after: 4, drift: false },
      { prop: "c", before: 3, after: null, drift: false },
      { prop: "d", before: null, after: 5, drift: false },
      { prop: "running", before: false, drift: true },
    ]);
  });

  test("what is seen takes the place of what was declared last", () => {
    expect(propChanges({ dns: ["1"] }, { dns: ["2"] }, ["dns"], { dns: ["3"] })).toEqual([
      { prop: "dns", before: ["3"], after: ["2"], drift: true },
    ]);
  });

  test("secrets are in neither", () => {
    const before = { env: { PLAIN: "hunter1" }, password: "hunter2", mirror: "http://me:hunter2@proxy:80" };
    const after = { env: { API_TOKEN: "hunter2" }, password: "hunter3", "log-opts": { "splunk-token": "hunter2" } };
    const text = JSON.stringify(propChanges(before, after, []));
    expect(text).not.toContain("hunter");
    expect(text).toContain("http://(secret)@proxy:80");
    // Whatever a variable is called, its value may be one.
    expect(text).toContain('{"PLAIN":"(secret)"}');
  });
});
