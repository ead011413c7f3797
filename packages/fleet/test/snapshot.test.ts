import { expect, test } from "vitest";
import { orphansOf, world } from "./world.ts";

const request = (name: string) =>
  ({ name, driver: "simulated", options: { "boot-ms": 10, size: "small" }, engine: false }) as const;

test("a machine that runs is off while a snapshot is taken or restored, and runs again", async () => {
  const { machinist } = await world();
  await machinist.create([request("web")]).result;
  // The simulated provider refuses to copy the disk of a machine that runs.
  expect((await machinist.snapshot("take", "web", "one").result).ok).toBe(true);
  expect(await machinist.status("web")).toBe("running");
  await machinist.power("stop", ["web"]).result;
  expect((await machinist.snapshot("take", "web", "two").result).ok).toBe(true);
  expect(await machinist.status("web")).toBe("stopped");
  expect((await machinist.snapshots("web")).map(({ name }) => name)).toEqual(["one", "two"]);
  expect((await machinist.snapshot("restore", "web", "one").result).ok).toBe(true);
  expect((await machinist.snapshot("remove", "web", "one").result).ok).toBe(true);
  expect((await machinist.snapshots("web")).map(({ name }) => name)).toEqual(["two"]);
  await machinist.remove(["web"]).result;
  expect(await orphansOf(machinist)).toEqual([]);
});

test("what cannot be is refused before the machine is touched", async () => {
  const { machinist } = await world();
  await machinist.create([request("web")]).result;
  await machinist.create([{ name: "mine", driver: "none", options: { url: "tcp://192.0.2.1:2375" } }]).result;
  await machinist.snapshot("take", "web", "one").result;
  const code = async (...[action, machine, name]: Parameters<typeof machinist.snapshot>) => {
    try {
      const outcome = await machinist.snapshot(action, machine, name).result;
      return outcome.failures[0]?.code;
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };
  expect(await code("take", "web", "one")).toBe("snapshot.exists");
  expect(await code("take", "web", "A b")).toBe("snapshot.name");
  expect(await code("restore", "web", "onf")).toBe("snapshot.unknown");
  expect(await code("remove", "web", "two")).toBe("snapshot.unknown");
  expect(await code("take", "mine", "one")).toBe("snapshot.unsupported");
  expect(await code("take", "wed", "one")).toBe("machine.unknown");
  expect(await machinist.status("web")).toBe("running");
});
