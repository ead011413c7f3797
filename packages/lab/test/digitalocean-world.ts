import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Data, DriverModule, EngineSpec, FleetSpec } from "@machinist/core";
import digitalocean from "@machinist/driver-digitalocean";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { type DigitalOceanLab, type DigitalOceanOptions, openDigitalOcean } from "../src/index.ts";

/** A user with a store, and an account at the test server. */
export interface DigitalOceanWorld extends AsyncDisposable {
  readonly lab: DigitalOceanLab;
  readonly machinist: Machinist;
  readonly storagePath: string;
  /** The address of the API, and of the service that tells the caller's own. */
  readonly options: Data;
  /** Machines web-1, web-2 …; without Docker unless an engine is asked for. */
  fleet(count: number, options?: Data, engine?: EngineSpec | false): FleetSpec;
}

/** `clock`: the server's and the driver's; the reconciler has the system's. */
export async function digitalOceanWorld(
  options: DigitalOceanOptions & { readonly clock?: Clock } = {},
): Promise<DigitalOceanWorld> {
  const lab = await openDigitalOcean(options);
  const path = mkdtempSync(join(tmpdir(), "machinist-digitalocean-"));
  const { clock } = options;
  const driver: DriverModule = {
    ...digitalocean,
    create: (context) => digitalocean.create({ ...context, ...(clock ? { clock } : {}) }),
  };
  const storagePath = join(path, "store");
  const env = { HOME: path, PATH: process.env.PATH, DIGITALOCEAN_ACCESS_TOKEN: lab.token };
  const machinist = await openMachinist({ storagePath, drivers: [driver], env });
  const where = { "api-url": lab.url, "address-url": lab.addressUrl };
  return {
    ...{ lab, machinist, storagePath, options: where },
    fleet: (count, more = {}, engine = false) => ({
      name: "demo",
      machines: Array.from({ length: count }, (_, index) => ({
        ...{ name: `web-${index + 1}`, group: "web", driver: "digitalocean", engine },
        options: { ...where, ...more },
      })),
      ...{ compose: [], stacks: [], contexts: false },
    }),
    async [Symbol.asyncDispose]() {
      await machinist[Symbol.asyncDispose]();
      await lab.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
