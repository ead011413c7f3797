import { expect, test } from "vitest";
import { bridgeName } from "../src/paths.ts";
import { commentOf, deletions, rulesFor } from "../src/rules.ts";

test("a bridge name fits an interface and depends on the owner alone", () => {
  const name = bridgeName("abc123-7");
  expect(name).toMatch(/^mch[0-9a-f]{12}$/);
  expect(bridgeName("abc123-7")).toBe(name);
  expect(bridgeName("abc123-8")).not.toBe(name);
});

test("every rule carries its owner", () => {
  for (const rule of rulesFor("abc-1", "mch0", "10.217.0.0/24")) expect(rule.args).toContain(commentOf("abc-1"));
});

test("only the owner's own rules are deleted, even next to one whose mark begins alike", () => {
  const listing = `-P FORWARD DROP
-N DOCKER-USER
-A FORWARD -i mch0 -m comment --comment machinist-abc-1 -j ACCEPT
-A FORWARD -i mch1 -m comment --comment machinist-abc-12 -j ACCEPT
-A FORWARD -i mch2 -m comment --comment "machinist-abc-1" -j ACCEPT
-A FORWARD -i docker0 -j ACCEPT
-A FORWARD -m comment --comment other -j DROP
`;
  expect(deletions(listing, "abc-1")).toEqual([
    ["-D", "FORWARD", "-i", "mch0", "-m", "comment", "--comment", "machinist-abc-1", "-j", "ACCEPT"],
    ["-D", "FORWARD", "-i", "mch2", "-m", "comment", "--comment", "machinist-abc-1", "-j", "ACCEPT"],
  ]);
  expect(deletions(listing, "xyz-1")).toEqual([]);
});
