export {
  type AccessList,
  adoptPairs,
  type CertificateFacts,
  type Certificates,
  type CertificatesOptions,
  covers,
  createAccessList,
  createCertificates,
  fingerprintsIn,
  type GivenPairs,
  type Grant,
  grantOf,
  inspect,
  issuePersonal,
  LIFETIME_DAYS,
  type Pair,
  RENEW_DAYS,
  type Rotation,
  type RotationPhase,
  type ServerRequest,
} from "./certs/index.ts";
export { drift } from "./drift.ts";
export { engineResourceTypes } from "./engine-kind.ts";
export { type EngineContext, type EngineProps, engineProps } from "./engine-props.ts";
export type { EngineState } from "./engine-state.ts";
export type { EngineDependencies, EngineVerifier, Verified } from "./recipe/work.ts";
