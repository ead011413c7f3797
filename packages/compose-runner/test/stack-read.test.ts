import type { Hosts } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { describe, expect, it } from "vitest";
import { composeResourceTypes } from "../src/index.ts";
import { lookOf } from "../src/stack-read.ts";
import { hand, printed, type Seen, SPEC, stack } from "./stack-world.ts";

describe("a stack that is read", () => {
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
    const kind = composeResourceTypes({ hosts, manager: async () => ["m1", "m2", "m3"] })["swarm.stack"]!;
    return { kind, state: kind.read({ ...hand.call(stack), state: undefined }) };
  };

  it("is read from the first manager that answers as one", async () => {
    const { kind, state } = read({
      m2: "false\n",
      m3: "true\nC\tx\town-1\td1\t\nS\tsite_web\t1/3\ts1\nI\tsite_web\t{}\n",
    });
    expect(await state).toEqual({ name: "site", digest: "d1", services: [{ name: "web", running: 1, wanted: 3 }] });
    expect(kind.ready?.(await state, stack.props)).toBe("web 1/3");
    expect(kind.drift?.(await state, stack.props)).toEqual([]);
  });

  it("takes a service that was removed while it was read for one that is not there", async () => {
    const { kind, state } = read({ m1: "true\nC\tx\town-1\td1\t\nS\tsite_web\t1/1\ts1\n" });
    expect(kind.drift?.(await state, stack.props)).toEqual(["services"]);
  });

  it("interrupted between two marks is not believed to be whole", async () => {
    const { kind, state } = read({
      m1: "true\nC\tx\town-1\t\t\nC\ty\town-1\td1\t\nS\tsite_web\t3/3\ts1\nI\tsite_web\t{}\n",
    });
    expect(kind.drift?.(await state, stack.props)).toEqual(["digest"]);
  });

  it("is absent where nobody made it, unknown where nobody answers", async () => {
    expect(await read({ m1: "true\n" }).state).toBeUndefined();
    await expect(read({}).state).rejects.toMatchObject({ code: "stack.no-manager", retryable: true });
  });

  const noted = (more: Seen = {}) => {
    const [web] = lookOf(printed(more).split("\n").slice(1), "site").services;
    return `d1\tweb=${web?.spec}/1`;
  };

  it.each<[string, Seen, string[]]>([
    ["as it was deployed", {}, []],
    [
      "scaled",
      { spec: { ...SPEC, Mode: { Replicated: {} } }, replicas: "0/0" },
      ["was scaled to 0, and 1 were deployed"],
    ],
    ["changed", { spec: { ...SPEC, Labels: { a: "b" } } }, ["was changed by hand"]],
    [
      "rolled back",
      { spec: { ...SPEC, Labels: {}, Name: "y" }, update: { State: "rollback_completed" } },
      ["was rolled back"],
    ],
    ["paused", { update: { State: "paused" } }, ["has an update that Swarm stopped"]],
    [
      "said in other words",
      { spec: { ...SPEC, Labels: {}, TaskTemplate: { ...SPEC.TaskTemplate, ForceUpdate: 3, Init: false } } },
      [],
    ],
  ])("is %s", async (_what, more, differs) => {
    const { kind, state } = read({ m1: printed({ ...more, mark: noted() }) });
    const seen = await state;
    expect(kind.drift?.(seen, stack.props)).toEqual(differs.length === 0 ? [] : ["service web"]);
    const changed = ["service web"];
    expect(kind.previewUpdate?.({ state: seen, props: stack.props, changed }).notes).toEqual(
      differs.length === 0 ? undefined : [`web ${differs.join(", and it ")}`],
    );
  });

  it.each<[string, string, string[]]>([
    ["after it was deployed", `F\tt1\t11\t${JSON.stringify({ Timestamp: new Date(900_000) })}`, ["service web"]],
    ["before it was deployed", `F\tt1\t9\t${JSON.stringify({ Timestamp: new Date(900_000) })}`, []],
    ["and is well since long", `F\tt1\t11\t${JSON.stringify({ Timestamp: new Date(600_000) })}`, []],
  ])("and failed %s", async (_what, line, drift) => {
    const tasks = [
      ["web.1", "Running"],
      ["web.1", "Failed", "task: non-zero exit (1)"],
    ] as const;
    const { kind, state } = read({ m1: `${printed({ mark: noted(), tasks })}${line}\n` });
    expect(kind.drift?.(await state, stack.props)).toEqual(drift);
  });
});
