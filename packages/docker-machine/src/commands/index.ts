import type { Command } from "../command.ts";
import { active } from "./active.ts";
import { config } from "./config.ts";
import { create } from "./create.ts";
import { env } from "./env.ts";
import { inspect } from "./inspect.ts";
import { ip } from "./ip.ts";
import { ls } from "./ls.ts";
import { mount } from "./mount.ts";
import { kill, restart, start, stop } from "./power.ts";
import { provision, upgrade } from "./provision.ts";
import { regenerateCerts } from "./regenerate-certs.ts";
import { rm } from "./rm.ts";
import { scp } from "./scp.ts";
import { ssh } from "./ssh.ts";
import { status } from "./status.ts";
import { url } from "./url.ts";
import { version } from "./version.ts";

/** In the order of the help. */
export const commands: readonly Command[] = [
  ...[active, config, create, env, inspect, ip, kill, ls, provision, regenerateCerts, restart],
  ...[rm, ssh, scp, mount, start, status, stop, upgrade, url, version],
];
