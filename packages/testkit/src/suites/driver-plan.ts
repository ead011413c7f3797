import { type Data, fleetScope, order, scopeOf } from "@machinist/core";
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import type { DriverBench } from "./driver-suite.ts";
import { Harness } from "./harness.ts";
import { schemaFaults, withDefaults } from "./schema.ts";

/** What can be judged without making anything. */
export function addPlanCases(cases: Cases, { suite, driver, plan }: DriverBench): void {
  const subject = () => new Harness(driver().resourceTypes);

  cases.add("the schema of its options is sound", undefined, async () => {
    expect(schemaFaults(suite.module.options)).toEqual([]);
    expect(Object.keys(suite.options).filter((name) => !(name in suite.module.options.properties))).toEqual([]);
    expect(suite.module.description).toMatch(/^\S.{5,}[^.]$/);
  });

  cases.add("its plan is pure, and the same twice", undefined, async () => {
    const fleet = subject();
    const machine = frozen({ name: fleet.machine(), fleet: fleet.fleet, publicKey: "ssh-ed25519 AAAA suite" });
    const options = frozen(withDefaults(suite.module.options, suite.options));
    const first = await driver().plan(machine, options);
    expect(await driver().plan(machine, options)).toEqual(first);
    expect(JSON.parse(JSON.stringify(first)), "it is plain data").toEqual(first);
  });

  cases.add("its ids, scopes and kinds are named as they must be", undefined, async () => {
    const fleet = subject();
    const resources = await plan(fleet);
    const [own, shared] = [fleet.machine(), fleetScope(fleet.fleet)];
    expect(resources.filter(({ id }) => ![own, shared].includes(scopeOf(id)))).toEqual([]);
    expect(
      resources.some(({ id }) => scopeOf(id) === own),
      "something is the machine's own",
    ).toBe(true);
    expect(order(resources)).toHaveLength(resources.length);
    for (const { id, kind } of resources) {
      expect(id).toMatch(/^@?[^/\s]+\/[^/\s]+$/);
      expect(Object.keys(driver().resourceTypes), id).toContain(kind);
    }
    expect(driver().name).toBe(suite.module.name);
    for (const kind of Object.keys(driver().resourceTypes))
      expect(kind.startsWith(`${driver().name}.`), kind).toBe(true);
  });

  cases.add("two machines of a fleet plan what they share alike, and nothing else in common", undefined, async () => {
    const fleet = subject();
    const [one, two] = [await plan(fleet, 1), await plan(fleet, 2)];
    const scope = fleetScope(fleet.fleet);
    const sharedOf = (all: typeof one) => all.filter(({ id }) => scopeOf(id) === scope);
    expect(sharedOf(two)).toEqual(sharedOf(one));
    const ids = new Set(one.map(({ id }) => id));
    expect(two.filter(({ id }) => ids.has(id)).map(({ id }) => id)).toEqual(sharedOf(one).map(({ id }) => id));
  });

  const { endpoint, engineUrl } = suite.module.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  cases.add(
    "its endpoint is unknown before anything is made",
    endpoint || engineUrl ? undefined : "it has neither an endpoint nor an engine's URL",
    async () => {
      expect(driver().endpoint?.("none", frozen({}))).toBeUndefined();
      expect(driver().engineUrl?.("none", frozen({}))).toBeUndefined();
    },
  );
}

/** Whoever changes what he was given is told so at once. */
export function frozen<T extends Data>(data: T): T {
  for (const value of Object.values(data)) if (typeof value === "object" && value !== null) Object.freeze(value);
  return Object.freeze(data);
}
