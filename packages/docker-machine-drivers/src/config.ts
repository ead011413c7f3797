import type { Data } from "@machinist/core";

/** What docker-machine keeps of a machine of ours in its config.json, under `Driver`. It holds no secret. */
export interface Config {
  MachineName: string;
  /** docker-machine's own store. */
  StorePath: string;
  IPAddress: string;
  SSHUser: string;
  SSHPort: number;
  SSHKeyPath: string;
  /** Where its Docker is to listen, and where that is reached. */
  EnginePort: number;
  SwarmMaster: boolean;
  SwarmHost: string;
  SwarmDiscovery: string;
  /** The driver's options as they were given. */
  Options: Data;
}

export const newConfig = (): Config => ({
  ...{ MachineName: "", StorePath: "", IPAddress: "", SSHUser: "root", SSHPort: 22, SSHKeyPath: "" },
  ...{ EnginePort: 2376, SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "", Options: {} },
});

/** Lay a saved configuration over what is known: keys that it lacks keep their values, as with Go's own JSON. */
export function merged(config: Config, text: string): Config {
  const saved = JSON.parse(text) as Partial<Record<keyof Config, unknown>>;
  const known = Object.entries(config).map(([key, value]) => {
    const given = saved[key as keyof Config];
    return [key, given !== null && typeof given === typeof value ? given : value];
  });
  return Object.fromEntries(known) as unknown as Config;
}
