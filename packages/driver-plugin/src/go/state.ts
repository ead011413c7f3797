import type { Data, MachineState } from "@machinist/core";
import { isRefusal } from "./plugin.ts";
import type { Session } from "./session.ts";

/** docker-machine's numbers of what a machine does. */
export const words: readonly MachineState[] = [
  "missing",
  "running",
  "paused",
  "saved",
  "stopped",
  "stopping",
  "starting",
  "error",
  "unknown",
];

/** All that is known of a machine of a plugin. */
export interface PluginState extends Data {
  /** The plugin's own configuration, without secrets. */
  config: string;
  doing: MachineState;
  /** Whether its creation came to its end. */
  whole: boolean;
  /** How its SSH is reached; empty until the plugin knows. */
  host: string;
  port: number;
  user: string;
  keyPath: string;
}

export const doingIn = async (session: Pick<Session, "ask">): Promise<MachineState> =>
  words[numberIn(await session.ask("GetState"))] ?? "unknown";

/** Where its SSH answers. A plugin refuses while it does not know; of a machine that is off, the last known stays. */
export async function waysIn(session: Session, last?: PluginState) {
  const text = async (method: "GetSSHHostname" | "GetSSHUsername" | "GetSSHKeyPath", known: string | undefined) => {
    try {
      const said = await session.ask(method);
      return typeof said === "string" && said !== "" ? said : (known ?? "");
    } catch (thrown) {
      if (isRefusal(thrown)) return known ?? "";
      throw thrown;
    }
  };
  return {
    host: await text("GetSSHHostname", last?.host),
    user: await text("GetSSHUsername", last?.user),
    keyPath: await text("GetSSHKeyPath", last?.keyPath),
    port: numberIn(await session.ask("GetSSHPort").catch(() => 0)) || last?.port || 22,
  };
}

const numberIn = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);
