import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP, SocketAddress } from "node:net";
import { MachinistError } from "@machinist/core";

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** The subject's O. */
  readonly organization: string;
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly expires: string;
  /** Names and addresses, addresses in their shortest form. */
  readonly sans: readonly string[];
  /** SHA-256 of the certificate, colon-separated hexadecimal. */
  readonly fingerprint: string;
  readonly ca: boolean;
  /** Hexadecimal, in capitals. */
  readonly serial: string;
}

/** Read a PEM certificate. Throws `certs.unreadable`. */
export function inspect(pem: string): CertificateFacts {
  const cert = parse(pem);
  return {
    organization: /^O=(.*)$/m.exec(cert.subject ?? "")?.[1]?.replace(/\\(.)/g, "$1") ?? "",
    notBefore: new Date(cert.validFrom).toISOString(),
    expires: new Date(cert.validTo).toISOString(),
    sans: subjectNames(cert.subjectAltName),
    fingerprint: cert.fingerprint256,
    ca: cert.ca,
    serial: cert.serialNumber,
  };
}

/** Whether `key` is the private key of `cert`. Throws `certs.unreadable` where either cannot be read. */
export function matches(cert: string, key: string): boolean {
  try {
    return parse(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unreadable("The private key cannot be read", cause);
  }
}

/** Whether the CA with certificate `ca` signed `cert`. */
export function signedBy(cert: string, ca: string): boolean {
  const [child, parent] = [parse(cert), parse(ca)];
  return child.checkIssued(parent) && child.verify(parent.publicKey);
}

/** Whether it is past its end, or ends within so many days. */
export const expiresWithin = (cert: CertificateFacts, days: number, now = Date.now()): boolean =>
  Date.parse(cert.expires) - now <= days * 86_400_000;

/** An address in its shortest form, so that two spellings of one IPv6 address are equal; a name in lower case. */
export function canonicalName(name: string): string {
  const family = isIP(name);
  if (family === 6) return new SocketAddress({ address: name, family: "ipv6" }).address;
  return family === 4 ? name : name.toLowerCase();
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw unreadable("The certificate cannot be read", cause);
  }
}

function subjectNames(text: string | undefined): string[] {
  return (text ?? "")
    .split(", ")
    .map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1])
    .filter((name) => name !== undefined)
    .map(canonicalName);
}

const unreadable = (message: string, cause: unknown): MachinistError =>
  new MachinistError("certs.unreadable", message, { cause });
