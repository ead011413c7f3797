export { type AccessList, covers, createAccessList, type Grant, grantOf, issuePersonal } from "./access.ts";
export { adoptPairs, type GivenPairs } from "./adopt.ts";
export { bundleOf, certificatesIn, fingerprintsIn } from "./bundle.ts";
export {
  type Certificates,
  type CertificatesOptions,
  createCertificates,
  RENEW_DAYS,
  type ServerRequest,
} from "./certificates.ts";
export { type CertificateFacts, canonicalName, expiresWithin, inspect, matches, signedBy } from "./inspect.ts";
export type { Rotation, RotationPhase } from "./rotation.ts";
export { LIFETIME_DAYS, type Pair } from "./sign.ts";
