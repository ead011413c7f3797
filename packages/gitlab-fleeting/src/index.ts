export { type Checked, type CheckOptions, checkConfig } from "./check-config.ts";
export { type Converted, type ConvertOptions, convertConfig } from "./convert/convert-config.ts";
export type {
  ConnectInfo,
  ConnectorConfig,
  Done,
  InstanceGroup,
  InstanceState,
  ProviderInfo,
} from "./group/contract.ts";
export { Group, type GroupOptions } from "./group/group.ts";
export { fleetingService } from "./wire/fleeting.ts";
export { type PluginHost, pluginHost, type ServedPlugin, type Service, serveGoPlugin } from "./wire/go-plugin.ts";
export { hclog, type Log } from "./wire/hclog.ts";
