import simulated from "@machinist/driver-simulated";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { states, unsaid, until, World } from "./groups.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

const failure = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\S/) });

test("a group says who it is, how large it may be and what it can", async () => {
  const group = world.group();
  expect(await group.init(world.config("ci", {}, { max_size: 7 }), unsaid)).toEqual({
    id: "machinist/simulated/ci",
    maxSize: 7,
    version: "1.2.3",
    buildInfo: `driver simulated, store ${world.store}`,
    capabilities: ["suspend_resume"],
  });
  await expect(group.init(world.config(), unsaid)).rejects.toThrow("Init is called once");
});

test("a driver that cannot stop machines has no such capability", async () => {
  const unstoppable = { ...simulated, create: (context: never) => ({ ...simulated.create(context), power: {} }) };
  expect(await world.group([unstoppable]).init(world.config(), unsaid)).toMatchObject({ capabilities: [] });
});

test("machines are begun at once, run when they are up, and are gone after they were given back", async () => {
  const group = await world.open("ci", { "boot-ms": 3_600_000 });
  expect(await group.increase(3)).toEqual({ done: 3 });
  expect(await states(group)).toEqual(["creating", "creating", "creating"]);
  const names = Object.keys(world.roster());
  for (const name of names) expect(name).toMatch(/^ci-[a-z2-9]{6}$/);
  expect(new Set(names).size).toBe(3);
  await expect.poll(() => world.objects()).toHaveLength(3);
  await expect(group.heartbeat(names[0]!)).rejects.toEqual(failure("fleeting.instance", "is no machine .* that is up"));
  world.endBoot();
  expect((await until(group, "running", "running", "running")).sort()).toEqual([...names].sort());
  await group.heartbeat(names[0]!);

  const [one, ...rest] = names;
  expect(await group.decrease([one!])).toEqual({ done: [one] });
  await until(group, "running", "running");
  expect(world.machines().sort()).toEqual([...rest].sort());
  expect(world.objects()).toHaveLength(2);
  // The runner asks again for what it was not sure of.
  expect(await group.decrease([one!, ...rest])).toEqual({ done: [...rest, one] });
  await until(group);
  expect([world.machines(), world.objects(), world.roster()]).toEqual([[], [], {}]);
});

test("a hundred at once are asked for in one piece", async () => {
  const group = await world.open();
  expect(await group.increase(100)).toEqual({ done: 100 });
  const names = await until(group, ...Array<"running">(100).fill("running"));
  expect(world.objects()).toHaveLength(100);
  expect((await group.decrease(names)).done).toHaveLength(100);
  await until(group);
  expect(world.objects()).toEqual([]);
});

test("there are no more than max_size, and it is said why", async () => {
  const group = await world.open("ci", {}, { max_size: 2 });
  const full = failure("fleeting.full", "2 machines at most");
  expect(await group.increase(5)).toEqual({ done: 2, problem: full });
  expect(await group.increase(1)).toEqual({ done: 0, problem: full });
  await until(group, "running", "running");
});

test("machines that the provider refuses are not left, and why is told", async () => {
  const group = await world.open("ci", { fail: true });
  await group.increase(2);
  await until(group);
  expect([world.machines(), world.objects(), world.roster()]).toEqual([[], [], {}]);
  expect(world.lines).toContain("error The simulated provider refused to make the machine");
});

test("what a driver's look at the world finds is the answer, and nothing is begun", async () => {
  const check = async () => {
    throw Object.assign(new Error("The quota is 0"));
  };
  const refusing = { ...simulated, create: (context: never) => ({ ...simulated.create(context), check }) };
  const group = await world.open("ci", {}, {}, [refusing]);
  expect(await group.increase(2)).toMatchObject({ done: 0, problem: { message: "The quota is 0" } });
  await until(group);
  expect(world.roster()).toEqual({});
});

test("machines that take long to be begun are counted, so that no others are asked for in their place", async () => {
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = { ...simulated, create: (context: never) => ({ ...simulated.create(context), check: () => gone }) };
  const group = world.group([slow], { beginMs: 100 });
  await group.init(world.config(), unsaid);
  expect(await group.increase(2)).toEqual({ done: 2 });
  expect(world.machines()).toEqual([]);
  expect(await states(group)).toEqual(["creating", "creating"]);
  go();
  await until(group, "running", "running");
});

test("a machine that is lost at its provider is told of once, and its record goes", async () => {
  const group = await world.open();
  await group.increase(2);
  const [lost, other] = await until(group, "running", "running");
  world.change(lost!, () => undefined);
  expect((await group.update()).get(lost!)).toBe("deleted");
  await expect.poll(() => group.update()).toEqual(new Map([[other, "running"]]));
  expect(world.machines()).toEqual([other]);
});

test("a machine that was turned off by somebody has timed out: the runner removes it", async () => {
  const group = await world.open();
  await group.increase(1);
  const [name] = await until(group, "running");
  world.change(name!, (object) => ({ ...object, power: "stopped" }));
  expect(await states(group)).toEqual(["timeout"]);
  await expect(group.heartbeat(name!)).rejects.toEqual(
    failure("fleeting.unhealthy", `${name} does not run: it is stop`),
  );
});

test("machines are suspended and resumed, and one that is suspended can be removed", async () => {
  const group = await world.open();
  await group.increase(2);
  const [one, other] = (await until(group, "running", "running")) as [string, string];
  expect(await group.suspend([one])).toEqual({ done: [one] });
  expect(await group.update()).toEqual(
    new Map([
      [one, "suspended"],
      [other, "running"],
    ]),
  );
  await expect(group.connectInfo(one)).rejects.toEqual(failure("fleeting.instance", one));
  expect(await group.resume([one])).toEqual({ done: [one] });
  await until(group, "running", "running");
  await group.suspend([other]);
  await group.decrease([other]);
  await until(group, "running");
});

test("a machine of another group, or of nobody here, is not touched", async () => {
  const [one, two] = [await world.open("ci"), await world.open("ci-big")];
  await using machinist = await openMachinist({ storagePath: world.store, drivers: [simulated] });
  // Named as if it were the group's.
  await machinist.create([{ name: "ci-abcdef", driver: "simulated", engine: false }]).result;
  await Promise.all([one.increase(1), two.increase(1)]);
  const [mine] = (await until(one, "running")) as [string];
  const [theirs] = (await until(two, "running")) as [string];
  expect(theirs).toMatch(/^ci-big-/);
  const asked = [theirs, "ci-abcdef", mine];
  for (const call of ["decrease", "suspend"] as const) {
    const { done, problem } = await two[call](call === "suspend" ? [mine] : ["ci-abcdef", mine]);
    expect([done, problem]).toEqual([[], failure("fleeting.stranger", "^Not of the group ci-big: ")]);
  }
  expect(await one.decrease(asked)).toEqual({
    done: [mine],
    problem: failure("fleeting.stranger", `^Not of the group ci: ${theirs}, ci-abcdef$`),
  });
  await until(one);
  await until(two, "running");
  expect(world.machines().sort()).toEqual(["ci-abcdef", theirs].sort());
});

test("one process at a time has a group", async () => {
  await world.open();
  const { Roster } = await import("../src/group/roster.ts");
  await expect(Roster.open(world.store, "ci", 0)).rejects.toEqual(failure("store.locked", "the group ci"));
});

test("before Init and after Shutdown each call says that there is no group", async () => {
  const group = world.group();
  const closed = failure("fleeting.closed", "no group");
  await expect(group.update()).rejects.toEqual(closed);
  await group.shutdown();
  await group.init(world.config(), unsaid);
  await group.shutdown();
  await expect(group.increase(1)).rejects.toEqual(closed);
});
