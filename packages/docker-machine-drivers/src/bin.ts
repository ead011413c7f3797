#!/usr/bin/env node
import { basename } from "node:path";
import type { DriverModule } from "@machinist/core";
import { servePlugin } from "./serve.ts";

/** What docker-machine gives to those it starts, so that nobody runs them by accident. */
const token = "42";

const drivers: Readonly<Record<string, () => Promise<{ readonly default: DriverModule }>>> = {
  nspawn: () => import("@machinist/driver-nspawn"),
  qemu: () => import("@machinist/driver-qemu"),
  virtualbox: () => import("@machinist/driver-virtualbox"),
  amazonec2: () => import("@machinist/driver-amazonec2"),
  digitalocean: () => import("@machinist/driver-digitalocean"),
};

const name =
  process.env.MACHINE_PLUGIN_DRIVER_NAME || basename(process.argv[1] ?? "").replace(/^docker-machine-driver-/, "");
const load = drivers[name.replace(/^machinist-/, "")];

if (process.env.MACHINE_PLUGIN_TOKEN !== token) {
  process.stderr.write(
    "This is a plugin of docker-machine: put it on PATH, then type docker-machine create -d NAME, NAME being what follows docker-machine-driver-.\n",
  );
  process.exit(1);
}
if (load === undefined) {
  process.stderr.write(`There is no driver ${JSON.stringify(name)} among ${Object.keys(drivers).join(", ")}.\n`);
  process.exit(1);
}
// Whoever reads them may have gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
// A key that ends docker-machine reaches this process too, which then ends when it hears nothing any more.
process.on("SIGINT", () => {});
const { default: module } = await load();
const log = (line: string) => process.stdout.write(`${line}\n`);
const { port, ended } = await servePlugin({ name, module, env: process.env, log });
log(`127.0.0.1:${port}`);
await ended;
process.exit(0);
