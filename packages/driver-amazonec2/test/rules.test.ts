import { expect, test } from "vitest";
import { permissionsOf, rulesOf, wantedRules } from "../src/rules.ts";

test("SSH and Docker for those who were named, all between members, and open ports for everybody", () => {
  expect(wantedRules(["192.0.2.7/32", "2001:db8::/64"], [22, 2376], ["80", "5000-5010/udp"])).toEqual([
    "all members",
    "tcp 22..22 192.0.2.7/32",
    "tcp 22..22 2001:db8::/64",
    "tcp 2376..2376 192.0.2.7/32",
    "tcp 2376..2376 2001:db8::/64",
    "tcp 80..80 0.0.0.0/0",
    "tcp 80..80 ::/0",
    "udp 5000..5010 0.0.0.0/0",
    "udp 5000..5010 ::/0",
  ]);
});

test("rules that are asked for are read back as the same", () => {
  const rules = wantedRules(["192.0.2.7/32", "2001:db8::/64"], [22], ["80"]);
  expect(rulesOf(permissionsOf(rules, "sg-1"), "sg-1")).toEqual(rules);
});

test("what others put in can be told, and taken out", () => {
  const theirs = [
    { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
    { IpProtocol: "icmp", FromPort: -1, ToPort: -1, UserIdGroupPairs: [{ GroupId: "sg-2" }] },
    { IpProtocol: "tcp", FromPort: 1, ToPort: 2, PrefixListIds: [{ PrefixListId: "pl-3" }] },
  ];
  const rules = rulesOf(theirs, "sg-1");
  expect(rules).toEqual(["-1 undefined..undefined 0.0.0.0/0", "icmp -1..-1 group sg-2", "tcp 1..2 list pl-3"]);
  expect(permissionsOf(rules, "sg-1")).toEqual(theirs);
});
