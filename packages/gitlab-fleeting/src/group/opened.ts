import type { Machinist } from "@machinist/fleet";
import type { Log } from "../wire/hclog.ts";
import type { ConnectorConfig } from "./contract.ts";
import type { Machines } from "./machines.ts";
import type { Roster } from "./roster.ts";
import type { GroupSettings } from "./settings.ts";
import type { Tasks } from "./tasks.ts";

/** A group between Init and Shutdown. */
export interface Opened {
  readonly settings: GroupSettings;
  readonly connector: ConnectorConfig;
  readonly machinist: Machinist;
  readonly roster: Roster;
  readonly tasks: Tasks;
  readonly machines: Machines;
  readonly log: Log;
  readonly stop: AbortController;
}
