export {
  type AuthOptions,
  baseDriver,
  configText,
  type DriverConfig,
  defaultInstallUrl,
  defaultSwarmHost,
  type EngineOptions,
  goJson,
  type HostOptions,
  type MachineConfig,
  type SwarmOptions,
  zeroAuth,
  zeroEngine,
  zeroSwarm,
} from "./config.ts";
export { ConfigError, isConfigError, parseGoJson } from "./go-json.ts";
export { readConfig } from "./read.ts";
