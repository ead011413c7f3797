import { fileURLToPath } from "node:url";
import { converge, newRecord, planChanges, type Resource, StateManager } from "@machinist/core";
import { createFakeHost, FakeDisk, VirtualClock } from "@machinist/testkit";
import { beforeEach, expect, test } from "vitest";
import { composeResourceTypes, planCompose } from "../src/index.ts";
import { LOOK_CARRIED, READ_PROJECT, WRITE_MARKER } from "../src/remote-scripts.ts";

const demo = fileURLToPath(new URL("../../../examples/demo/site/compose.yaml", import.meta.url));

/** The project of the demo on a host that runs what it is told to, and the real loop over it. */
class World {
  readonly clock = new VirtualClock();
  readonly host = createFakeHost([], { name: "m1" });
  readonly #store = new FakeDisk().store({ step: () => {} });
  #marker = ["", "", ""];
  #isUp = false;
  connections = 0;
  readonly #kinds = composeResourceTypes({
    hosts: {
      connect: async () => {
        this.connections++;
        return this.host;
      },
    },
    ...{ manager: async () => [], env: {}, clock: this.clock },
  });

  constructor() {
    const { host } = this;
    host.on((call) => call.type === "script" || call.type === "run", "");
    host.on((call) => call.argv[2] === LOOK_CARRIED, "");
    host.on(
      (call) => call.script === WRITE_MARKER,
      ({ argv: [, owner = "", digest = "", wanted = ""] }) => {
        this.#marker = [owner, digest, wanted];
        return "";
      },
    );
    host.on((call) => call.argv.includes("config"), JSON.stringify({ services: { hello: {} } }));
    host.on(
      (call) => call.argv.includes("up"),
      () => {
        this.#isUp = true;
        return "";
      },
    );
    host.on(
      (call) => call.script === READ_PROJECT,
      () => [...this.#marker, Date.now(), ...(this.#isUp ? [this.#container()] : [])].join("\n"),
    );
  }

  #container(): string {
    return ["hello", "False", "running", "", 0, 0, new Date(0).toISOString(), "id"].join("\t");
  }

  async wanted(): Promise<Resource> {
    return { ...(await planCompose({ name: "hello", machine: "m1", files: [demo] }, {})), parents: [] };
  }

  async up(): Promise<void> {
    const outcomes = await converge({
      ...{ wanted: [await this.wanted()], resourceTypes: this.#kinds, clock: this.clock },
      ...{ emit: () => {}, signal: new AbortController().signal },
      stateManager: new StateManager(this.#store, [await this.#record()]),
    });
    for (const { error } of outcomes) if (error) throw error;
  }

  async plan() {
    return planChanges({
      ...{ wanted: [await this.wanted()], records: [await this.#record()], resourceTypes: this.#kinds },
      ...{ signal: new AbortController().signal, clock: this.clock },
    });
  }

  async #record() {
    return (await this.#store.load("m1")) ?? newRecord("m1", "demo");
  }

  /** What the host is asked meanwhile, in order. */
  async asked(work: () => Promise<unknown>): Promise<(string | undefined)[]> {
    const before = this.host.calls.length;
    await work();
    return this.host.calls.slice(before).map(({ type, script, argv }) => script ?? `${type} ${argv.join(" ")}`);
  }
}

let world: World;
beforeEach(async () => {
  world = new World();
  await world.up();
  world.connections = 0;
});

test("up of a project in which nothing has changed is one look at it, and sends nothing", async () => {
  expect(await world.asked(() => world.up())).toEqual([READ_PROJECT]);
  expect(world.connections).toBe(1);
});

test("plan of it is one look as well, and plans nothing", async () => {
  const asked = await world.asked(async () => {
    expect((await world.plan()).filter(({ action }) => action !== "none")).toEqual([]);
  });
  expect(asked).toEqual([READ_PROJECT]);
});
