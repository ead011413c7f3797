export {
  type Certificates,
  type CertificatesOptions,
  createCertificates,
  RENEW_DAYS,
  type ServerRequest,
} from "./certificates.ts";
export { type CertificateFacts, canonicalName, expiresWithin, inspect, matches, signedBy } from "./inspect.ts";
export type { Pair } from "./sign.ts";
