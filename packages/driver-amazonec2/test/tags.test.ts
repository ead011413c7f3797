import type { Instance } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { droppedTags, type InstanceProps, stateOf } from "../src/instance-state.ts";

const place = { region: "us-east-1", endpoint: "", account: "" };
const props = (tags: { [key: string]: string }) => ({ place, name: "web-1", tags, reach: "public" }) as InstanceProps;
const instance = (tags: { [key: string]: string }): Instance => ({
  Tags: Object.entries({ "machinist:owner": "o", ...tags }).map(([Key, Value]) => ({ Key, Value })),
});
const look = (tags: { [key: string]: string }, asked: { [key: string]: string }, ownTags?: string[]) =>
  stateOf(instance(tags), place, props(asked), { user: "u", ...(ownTags ? { ownTags } : {}) });

test("a tag that was asked for stays ours until it is gone, and others' never are", () => {
  const first = look({ Name: "web-1", team: "a", theirs: "x" }, { team: "a" });
  expect(first.ownTags).toEqual(["team"]);
  expect(droppedTags(first, props({}))).toEqual(["team"]);
  // An update was interrupted: the record has the new props, and the tag is still there.
  const second = look({ Name: "web-1", team: "a", theirs: "x" }, {}, first.ownTags);
  expect(droppedTags(second, props({}))).toEqual(["team"]);
  expect(look({ Name: "web-1", theirs: "x" }, {}, second.ownTags).ownTags).toEqual([]);
});

test("a name of the user's own goes, and the machine's own that takes its place stays", () => {
  const named = look({ Name: "mine" }, { Name: "mine" });
  expect(droppedTags(named, props({}))).toEqual(["Name"]);
  expect(droppedTags(look({ Name: "web-1" }, {}, named.ownTags), props({}))).toEqual([]);
});
