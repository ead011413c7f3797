import type { Hosts, Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { describe, expect, it } from "vitest";
import { composeKinds } from "../src/index.ts";
import { parseService } from "../src/stack-kind.ts";
import { Hand } from "./calls.ts";

const hand = new Hand("own-1");

describe("a stack", () => {
  const stack: Resource = {
    id: "@demo/stack:site",
    kind: "swarm.stack",
    props: { name: "site", files: [], envFiles: [], profiles: [], services: ["web"], digest: "d1" },
    parents: ["@demo/swarm"],
  };
  const read = (answers: { [machine: string]: string }) => {
    const hosts: Hosts = {
      connect: async (machine) => {
        const answer = answers[machine];
        if (answer === undefined) throw new MachinistError("ssh.unreachable", `${machine} is away`);
        const host = createFakeHost([], { name: machine });
        host.on((call) => call.type === "script", answer);
        return host;
      },
    };
    const kind = composeKinds({ hosts, manager: async () => ["m1", "m2", "m3"] })["swarm.stack"]!;
    return { kind, state: kind.read({ ...hand.call(stack), state: undefined }) };
  };

  it("is read from the first manager that answers as one", async () => {
    const { kind, state } = read({ m2: "false\n", m3: "true\nC\tx\town-1\td1\nS\tsite_web\t1/3\n" });
    expect(await state).toEqual({ name: "site", digest: "d1", services: [{ name: "web", running: 1, wanted: 3 }] });
    expect(kind.ready?.(await state, stack.props)).toBe("web 1/3");
    expect(kind.drift?.(await state, stack.props)).toEqual([]);
  });

  it("cut short between two marks is not believed to be whole", async () => {
    const { kind, state } = read({ m1: "true\nC\tx\town-1\t\nC\ty\town-1\td1\nS\tsite_web\t3/3\n" });
    expect(kind.drift?.(await state, stack.props)).toEqual(["digest"]);
  });

  it("is absent where nobody made it, unknown where nobody answers", async () => {
    expect(await read({ m1: "true\n" }).state).toBeUndefined();
    await expect(read({}).state).rejects.toMatchObject({ code: "stack.no-manager", retryable: true });
  });
});

it.each([
  ["S\tsite_web\t1/3", { name: "web", running: 1, wanted: 3 }],
  ["S\tsite_job\t0/1 (1/1 completed)", { name: "job", running: 1, wanted: 1 }],
  ["S\tsite_web\t3/3 (max 1 per node)", { name: "web", running: 3, wanted: 3 }],
  ["C\tx\ty\tz", undefined],
])("%j is read as %j", (line, service) => {
  expect(parseService(line, "site_")).toEqual(service);
});
