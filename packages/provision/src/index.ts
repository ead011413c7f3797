export {
  type CertificateFacts,
  type Certificates,
  type CertificatesOptions,
  createCertificates,
  inspect,
  type Pair,
  type ServerRequest,
} from "./certs/index.ts";
export { drift } from "./drift.ts";
export { engineKinds } from "./engine-kind.ts";
export { type EngineContext, type EngineProps, engineProps } from "./engine-props.ts";
export type { EngineState } from "./engine-state.ts";
export type { EngineDependencies, EngineVerifier, Verified } from "./recipe/work.ts";
