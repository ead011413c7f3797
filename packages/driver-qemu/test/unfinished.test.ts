import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { World } from "./world.ts";

test("a machine whose making was cut off is finished in place, and need not be replaced", async () => {
  const world = new World();
  onTestFinished(() => world.dispose());
  const [machine] = (await world.plan()).filter(({ kind }) => kind === "qemu.machine");
  const kind = world.driver.resourceTypes["qemu.machine"]!;
  const call = {
    id: machine!.id,
    fleet: world.fleet.name,
    props: machine!.props,
    owner: "mabc-machine-1",
    dependencies: {},
  };
  const silent = { signal: new AbortController().signal, log: () => {}, step: () => {}, progress: () => {} };
  // The folder is the first trace of it.
  mkdirSync(join(world.folder, "machines", world.fleet.machine(), "qemu", call.owner), { recursive: true });
  const state = await kind.read({ ...call, ...silent, state: undefined });
  expect(state).toBeDefined();
  const drifted = kind.drift!(state!, machine!.props);
  expect(drifted).not.toEqual([]);
  expect(drifted.filter((name) => kind.requiresReplace?.includes(name))).toEqual([]);
});
