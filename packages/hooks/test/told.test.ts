import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AnyResourceType, HookEvent, Resource, SavedResource, ScopeRecord } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { faultOf } from "../src/check.ts";
import { HookDispatcher } from "../src/dispatcher.ts";
import { ExpectedEvents } from "../src/expected-events.ts";
import { LineGate } from "../src/line-gate.ts";
import { pendingIn } from "../src/outbox.ts";
import { HookSession } from "../src/session.ts";
import { watch } from "../src/watch.ts";
import { hookOf, machineNamed, noticeFor, stage } from "./world.ts";

const resource = (id: string, kind: string, parents: string[] = []): Resource => ({ id, kind, props: {}, parents });
const saved = (from: Resource, status: SavedResource["status"] = "created"): SavedResource => ({
  ...from,
  generation: 1,
  intentAt: 0,
  status,
});
const record = (scope: string, resources: readonly SavedResource[], more: Partial<ScopeRecord> = {}): ScopeRecord => ({
  version: 1,
  scope,
  uid: "u",
  fleet: "demo",
  uses: [],
  lastGeneration: 1,
  resources: Object.fromEntries(resources.map((each) => [each.id, each])),
  ...(scope.startsWith("@") ? {} : { machine: { driver: "toy", options: {}, engine: {}, createdAt: 0 } }),
  ...more,
});

describe("foresight", () => {
  const key = resource("a-1/key", "toy.key");
  const vm = resource("a-1/vm", "toy.vm", ["a-1/key"]);
  const engine = resource("a-1/engine", "docker.engine", ["a-1/vm"]);
  const swarm = resource("a-1/swarm", "swarm.member", ["a-1/engine"]);
  const project = resource("a-1/app", "compose.project", ["a-1/engine"]);
  const stack = resource("@demo/stack:web", "swarm.stack");
  const all = [key, vm, engine, swarm, project, stack];
  const told = (records: readonly ScopeRecord[], wanted: readonly Resource[]) =>
    new ExpectedEvents(records, wanted).all().map(({ event, subject }) => `${event} ${subject}`);

  test("of a machine that is made: all of its life, once each", () => {
    expect(told([record("a-1", []), record("@demo", [])], all)).toEqual([
      "machine.created a-1",
      "engine.ready a-1/engine",
      "swarm.joined a-1/swarm",
      "compose.up a-1/app",
      "stack.deployed @demo/stack:web",
    ]);
  });

  test("of what is there: nothing; of what was interrupted: the rest", () => {
    const there = all.map((each) => saved(each));
    const own = there.filter(({ id }) => id.startsWith("a-1/"));
    const shared = there.filter(({ id }) => id.startsWith("@"));
    expect(told([record("a-1", own), record("@demo", shared)], all)).toEqual([]);
    const half = [saved(key), saved(vm, "creating"), saved(engine, "updating")];
    expect(told([record("a-1", half)], [key, vm, engine])).toEqual(["machine.created a-1", "engine.ready a-1/engine"]);
  });

  test("of what goes: the same the other way round, and a part of a machine is no machine", () => {
    const own = [key, vm, engine, swarm, project].map((each) => saved(each));
    expect(told([record("a-1", own)], [])).toEqual([
      "machine.removed a-1",
      "swarm.left a-1/swarm",
      "compose.down a-1/app",
    ]);
    expect(told([record("a-1", own)], [vm, engine, swarm, project])).toEqual([]);
  });
});

describe("lines", () => {
  test("are cut, counted and told, whatever the pieces they come in", () => {
    const lines: string[] = [];
    const gate = new LineGate((line) => lines.push(line), { lines: 3, width: 5 });
    for (const piece of ["a", "b\n", "\n", "1234567", "89\nx\ny", "\nz\nlast"]) gate.push(Buffer.from(piece));
    gate.end();
    expect(lines).toEqual(["ab", "12345…", "x", "(3 more lines are left out)"]);
  });
});

describe("many events", () => {
  test("are one run of what brings a file in line, after the last of them; another sort is told of each", async () => {
    const { folder, world, machines } = await stage([]);
    const teller = new HookDispatcher(world);
    const level = hookOf({ type: "hosts", on: ["local"], file: join(folder, "hosts") }, folder);
    const counted: number[] = [];
    const slow = {
      ...world,
      machines: async (fleet: string) => {
        counted.push(machines.length);
        return world.machines(fleet);
      },
    };
    const slowTeller = new HookDispatcher(slow);
    for (let index = 0; index < 50; index++) machines.push(machineNamed(`m-${index}`));
    await Promise.all(machines.map((machine) => slowTeller.tell(level, noticeFor(machine))));
    expect(counted.length).toBeLessThanOrEqual(2);
    const each = hookOf({ type: "run", argv: ["true"] }, folder);
    expect(await Promise.all(machines.slice(0, 8).map((machine) => teller.tell(each, noticeFor(machine))))).toEqual(
      Array.from({ length: 8 }, () => true),
    );
  });
});

test("an event that comes while a file is brought in line, or later, is seen by a run of its own", async () => {
  const { folder, world, machines } = await stage([machineNamed("m-1")]);
  const file = join(folder, "hosts");
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let looks = 0;
  const looking = {
    ...world,
    machines: async (fleet: string) => {
      const seen = await world.machines(fleet);
      if (looks++ === 0) await held;
      return seen;
    },
  };
  const teller = new HookDispatcher(looking);
  const hook = hookOf({ type: "hosts", on: ["local"], file }, folder);
  const first = teller.tell(hook, noticeFor(machines[0]));
  await expect.poll(() => looks, { interval: 5 }).toBe(1);
  machines.push(machineNamed("m-2"));
  const second = teller.tell(hook, noticeFor(machines[1]));
  release();
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(await readFile(file, "utf8")).toContain("m-2");
  machines.push(machineNamed("m-3"));
  await teller.tell(hook, noticeFor(machines[2]));
  expect(await readFile(file, "utf8")).toContain("m-3");
});

describe("a session", () => {
  test("tells a changed address once, with the one before; also after a run that was interrupted", async () => {
    const { folder, world, said, machines } = await stage([machineNamed("a-1")]);
    const argv = ["sh", "-c", 'echo "$MACHINIST_EVENT $MACHINIST_ADDRESS_BEFORE $MACHINIST_ADDRESS"'];
    const hook = hookOf({ type: "run", argv }, folder, { on: ["machine.address"] });
    const vm = resource("a-1/vm", "toy.vm");
    const loop = { records: [record("a-1", [saved(vm)])], wanted: [vm], resourceTypes: {} };
    const begin = async (id: string) => {
      const run = { id, action: "start", emit: world.emit, signal: world.signal };
      const session = new HookSession(world, run);
      session.declare("demo", [hook]);
      await session.begin(["demo"]);
      return { session, watched: await watch(session, world, loop) };
    };
    const still = await begin("one");
    await still.watched?.finish();
    await still.session.end("finished");
    expect(said()).toEqual([]);
    const moved = await begin("two");
    machines[0] = machineNamed("a-1", { address: "192.0.2.9" });
    await moved.watched?.finish();
    await moved.session.end("finished");
    expect(said()).toEqual(["hook: machine.address 192.0.2.7 192.0.2.9"]);
    // Cut short right after the record had the new address: the file is there, its lock is nobody's.
    const cut = await begin("three");
    void cut;
    const kept = await pendingIn(world.storePath);
    expect(kept).toHaveLength(1);
    const { rm } = await import("node:fs/promises");
    await rm(join(world.storePath, "locks"), { recursive: true });
    machines[0] = machineNamed("a-1", { address: "192.0.2.10" });
    const next = await begin("four");
    await next.watched?.finish();
    await next.session.end("finished");
    expect(said().at(-1)).toBe("hook: machine.address 192.0.2.9 192.0.2.10");
    expect(said()).toHaveLength(2);
    expect(await readdir(join(world.storePath, "hooks"))).toEqual([]);
  });

  test("leaves what a living run has pending, and what makes no sense, alone", async () => {
    const { folder, world } = await stage([machineNamed("a-1")]);
    const hook = hookOf({ type: "run", argv: ["true"] }, folder, { on: ["run.finished"] as HookEvent[] });
    const begin = async (id: string) => {
      const session = new HookSession(world, { id, action: "up", emit: world.emit, signal: world.signal });
      session.declare("demo", [hook]);
      await session.begin(["demo"]);
      return session;
    };
    const living = await begin("living");
    await mkdir(join(world.storePath, "hooks"), { recursive: true });
    await writeFile(join(world.storePath, "hooks", "broken.json"), "{");
    const other = await begin("other");
    expect((await readdir(join(world.storePath, "hooks"))).sort()).toEqual([
      "broken.json",
      "living.json",
      "other.json",
    ]);
    await other.end("finished");
    await living.end("finished");
    expect(await readdir(join(world.storePath, "hooks"))).toEqual(["broken.json"]);
  });

  test("wraps resource types without changing what they are, those with private fields too", async () => {
    const { folder, world } = await stage([machineNamed("a-1")]);
    class Private {
      #secret = 7;
      readonly deletedWithParent = true;
      readonly pollIntervalMs = 3;
      async read() {
        return { secret: this.#secret };
      }
      async create() {
        return { secret: this.#secret };
      }
      async delete() {
        this.#secret++;
      }
    }
    const session = new HookSession(world, { id: "x", action: "up", emit: world.emit, signal: world.signal });
    session.declare("demo", [hookOf({ type: "run", argv: ["true"] }, folder, { when: "before" })]);
    const kind: AnyResourceType = new Private();
    const vm = resource("a-1/vm", "toy.vm");
    const watched = await watch(session, world, {
      records: [record("a-1", [])],
      wanted: [vm],
      resourceTypes: { "toy.vm": kind },
    });
    const wrapped = watched?.resourceTypes["toy.vm"] as AnyResourceType;
    expect(await wrapped.read({} as never)).toEqual({ secret: 7 });
    expect(await wrapped.create({ id: "a-1/vm" } as never)).toEqual({ secret: 7 });
    expect([wrapped.deletedWithParent, wrapped.pollIntervalMs, wrapped.update, wrapped.ready]).toEqual([
      true,
      3,
      undefined,
      undefined,
    ]);
    session.declare("demo", []);
    expect(
      await watch(session, world, { records: [record("a-1", [])], wanted: [vm], resourceTypes: {} }),
    ).toBeUndefined();
  });
});

test("what would not run is known without running it", async () => {
  const { folder } = await stage();
  await writeFile(join(folder, "plain"), "");
  await mkdir(join(folder, "node_modules", "there"), { recursive: true });
  await writeFile(join(folder, "node_modules", "there", "package.json"), "{}");
  const fault = (action: Parameters<typeof hookOf>[0], env = { PATH: process.env.PATH }) =>
    faultOf(hookOf(action, folder), env);
  expect(await fault({ type: "run", argv: ["sh"] })).toBeUndefined();
  expect(await fault({ type: "run", argv: ["no-such-program"] })).toContain("not on the PATH");
  expect(await fault({ type: "run", argv: [join(folder, "gone")] })).toContain("is not there");
  expect(await fault({ type: "run", argv: [join(folder, "plain")] })).toContain("is not executable");
  expect(await fault({ type: "module", module: "there/sub" })).toBeUndefined();
  expect(await fault({ type: "module", module: "@not/there" })).toContain("@not/there is not installed");
  expect(await fault({ type: "webhook", url: "http://x", secretEnv: "NOPE" })).toContain("NOPE is not set");
  expect(await fault({ type: "contexts" })).toBeUndefined();
});
