import { expect, test } from "vitest";
import { Lag } from "../src/ec2-lag.ts";
import { Tokens } from "../src/ec2-tokens.ts";
import { parseXml, renderXml } from "../src/ec2-xml.ts";

const groups = (...rows: readonly (readonly [id: string, name: string])[]) =>
  parseXml(
    `<R><securityGroupInfo>${rows.map(([id, name]) => `<item><groupId>${id}</groupId><groupName>${name}</groupName></item>`).join("")}</securityGroupInfo></R>`,
  );

test("an answer is read and written as it was", () => {
  const text = '<R xmlns="x"><a>1 &lt; 2</a><b/><c><item>z</item></c></R>';
  expect(renderXml(parseXml(`<?xml version="1.0"?>\n${text}`))).toBe(text.replace("<b/>", "<b></b>"));
  expect(() => parseXml("<R><a></R>")).toThrow();
});

test("new objects are hidden, and changed ones are as they were, until the lag is over", () => {
  let now = 0;
  const lag = new Lag(() => now);
  const seen = (...rows: (readonly [id: string, name: string])[]) => {
    const root = groups(...rows);
    lag.apply("DescribeSecurityGroups", root, 100);
    return (
      renderXml(root)
        .match(/(?<=<groupName>)\w+/g)
        ?.map(String) ?? []
    );
  };
  expect(seen(["sg-1", "before"])).toEqual(["before"]);
  lag.born(["sg-2"]);
  lag.changed(["sg-1"]);
  expect(seen(["sg-1", "after"], ["sg-2", "new"])).toEqual(["before"]);
  now = 100;
  expect(seen(["sg-1", "after"], ["sg-2", "new"])).toEqual(["after", "new"]);
});

test("a client token is one request: repeated, refused with other parameters, spent when its instances have ended", async () => {
  const tokens = new Tokens();
  let sent = 0;
  let ended = false;
  const run = (more: Record<string, string>) =>
    tokens.run(
      new URLSearchParams({ ClientToken: "t", ...more }),
      async () => ({ status: 200, body: `<R><instanceId>i-${++sent}</instanceId></R>` }),
      async () => ended,
    );
  const first = await run({ MaxCount: "1" });
  expect(await run({ MaxCount: "1" })).toEqual(first);
  expect((await run({ MaxCount: "2" })).body).toContain("IdempotentParameterMismatch");
  ended = true;
  expect((await run({ MaxCount: "1" })).body).toContain("IdempotentInstanceTerminated");
  expect(sent).toBe(1);
});

test("a request that was refused leaves its token unused", async () => {
  const tokens = new Tokens();
  const form = new URLSearchParams({ ClientToken: "t" });
  const answers = [
    { status: 500, body: "no" },
    { status: 200, body: "yes" },
  ];
  const run = () =>
    tokens.run(
      form,
      async () => answers.shift()!,
      async () => false,
    );
  expect((await run()).body).toBe("no");
  expect((await run()).body).toBe("yes");
});
