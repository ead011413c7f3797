import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Call, type Data, type Driver, MachinistError, ownerTag, type Resource } from "@machinist/core";
import type { DigitalOceanLab, DigitalOceanOptions } from "@machinist/lab";
import { resolveOptions } from "@machinist/options";
import { onTestFinished } from "vitest";
import digitalocean from "../src/index.ts";
import { clock, envOf, openAccount, optionsOf } from "./lab.ts";

export const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Q1vJv2rS0uJ4m0c1yq2H1c1bq0d6vV1aQ9Yb2sZ3k somebody";

export interface DriverWorld {
  readonly lab: DigitalOceanLab;
  readonly driver: Driver;
  readonly folder: string;
  /** Another driver, as another run has it. */
  again(env?: Record<string, string>): Driver;
  /** Complete options of one machine. */
  options(more?: Data): Data;
  plan(name: string, more?: Data): Promise<Resource[]>;
  /** Make everything a machine needs but the droplet; returns the states. */
  shared(name?: string, more?: Data): Promise<{ [id: string]: Data }>;
  call(resource: Resource, owner: string, seen: { [id: string]: Data }): Call;
}

export const owner = (local: string, number = 1): string => ownerTag("mabcdefghijklmn", local, number);

/** An account and a driver in it, for one test; what the document forbids fails the test. */
export async function driverWorld(options: DigitalOceanOptions = {}): Promise<DriverWorld> {
  const lab = await openAccount(options);
  const folder = mkdtempSync(join(tmpdir(), "machinist-do-"));
  onTestFinished(async () => {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
    if (lab.faults.length > 0) throw new Error(lab.faults.join("\n"));
  });
  const again = (env: Record<string, string> = envOf(lab)): Driver =>
    digitalocean.create({ cacheDir: folder, machineDir: (name) => join(folder, name), env, clock });
  const driver = again();
  const complete = (more: Data = {}) => resolveOptions(digitalocean, { ...optionsOf(lab), ...more }, {}, folder);
  const plan = async (name: string, more: Data = {}) =>
    driver.plan({ name, fleet: "demo", publicKey: PUBLIC_KEY, enginePort: 2376 }, complete(more));
  const call = (resource: Resource, mark: string, seen: { [id: string]: Data }): Call => {
    const silent = () => {};
    const { id, props } = resource;
    const signal = new AbortController().signal;
    return {
      id,
      fleet: "demo",
      props,
      owner: mark,
      dependencies: seen,
      signal,
      log: silent,
      step: silent,
      progress: silent,
    };
  };
  return {
    ...{ lab, driver, folder, again, plan, call, options: complete },
    async shared(name = "web-1", more = {}) {
      const seen: { [id: string]: Data } = {};
      for (const resource of await plan(name, more))
        if (resource.id.startsWith("@"))
          seen[resource.id] = await driver.resourceTypes[resource.kind]!.create(
            call(resource, owner(resource.id.replace(/.*\//, "")), seen),
          );
      return seen;
    },
  };
}

/** The error of a promise that must fail. */
export const failing = async (work: Promise<unknown>): Promise<MachinistError> => {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (error instanceof MachinistError) return error;
  throw new Error(`it did not fail as it should: ${error}`);
};
