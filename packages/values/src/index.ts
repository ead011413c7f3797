export {
  type Checked,
  type EngineUrl,
  engineUrl,
  type HostAddress,
  hostAddress,
  isHostAddress,
  port,
  type UserName,
  userName,
} from "./address.ts";
export { type DotEnv, readDotEnv } from "./dot-env.ts";
export { checkedEndpoint, plainPath } from "./endpoint.ts";
export { goHost, goUrlProblem, quotedByGo } from "./go-url.ts";
export { hostsLine, readableShellWord, shellWord, shellWords, sshConfigValue } from "./quote.ts";
export { userKeysOf } from "./user-keys.ts";
export { isVariableFailure, type Leniency, type Lookup, substitute, VariableFailure } from "./variables.ts";
