import type { DriverModule } from "@machinist/core";
import { createDriver } from "./driver.ts";
import { options } from "./options.ts";
import { tokenVariable } from "./token.ts";

const digitalocean: DriverModule = {
  name: "digitalocean",
  description: "Droplets of DigitalOcean, behind a firewall of their own",
  options,
  credentials: { "access-token": { description: "Access token; without it, doctl's own", env: tokenVariable } },
  create: createDriver,
};
export default digitalocean;
