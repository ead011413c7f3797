import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";

/** docker-machine's lifetime, in days, and how far back a certificate begins, for hosts whose clocks are behind. */
export const LIFETIME_DAYS = 1080;
const BACKDATE_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** ASN.1 tag of UTF8String. */
const UTF8 = 12 as never;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly role: "ca" | "client" | "server";
  /** The subject's only attribute, O, as docker-machine has it. */
  readonly organization: string;
  readonly key: string;
  /** Absent for what signs itself: the CA, and a person's certificate, which is trusted by itself. */
  readonly issuer?: Pair;
  readonly sans?: readonly string[];
  /** How long it is good for. Default: docker-machine's 1080. */
  readonly days?: number;
  /** Ms since 1970. */
  readonly now?: number;
}

const generate = promisify(generateKeyPair);

/** A new RSA-2048 key as PKCS#1 PEM, which every docker client and docker-machine read. Made off the main thread. */
export async function newKey(): Promise<string> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs1", format: "pem" }).toString();
}

/** A signed X.509 certificate (PEM) with the usages docker-machine gives to the same role. */
export async function issue(request: CertificateRequest): Promise<string> {
  // Loaded here: the library costs tens of milliseconds that most commands should not pay.
  const { default: pki } = await import("node-forge/lib/pki.js");
  const now = request.now ?? Date.now();
  const key = createPrivateKey(request.key);
  const cert = pki.createCertificate();
  cert.publicKey = pki.publicKeyFromPem(createPublicKey(key).export({ type: "spki", format: "pem" }).toString());
  cert.serialNumber = serial();
  cert.validity.notBefore = new Date(now - BACKDATE_MS);
  cert.validity.notAfter = new Date(now - BACKDATE_MS + (request.days ?? LIFETIME_DAYS) * DAY_MS);
  const subject = [{ name: "organizationName", value: request.organization, valueTagClass: UTF8 }];
  cert.setSubject(subject);
  const parent = request.issuer === undefined ? undefined : pki.certificateFromPem(request.issuer.cert);
  cert.setIssuer(parent?.subject.attributes ?? subject);
  // Authorities made by docker-machine's older builds carry no key identifier to refer to.
  const authority = parent?.getExtension("subjectKeyIdentifier") as { subjectKeyIdentifier?: string } | undefined;
  cert.setExtensions(extensions(request, authority?.subjectKeyIdentifier));
  const signer = request.issuer === undefined ? key : createPrivateKey(request.issuer.key);
  cert.sign(signing(signer) as never, collector() as never);
  return pki.certificateToPem(cert).replaceAll("\r\n", "\n");
}

function extensions({ role, sans = [] }: CertificateRequest, authorityKey: string | undefined): object[] {
  const usage = { name: "keyUsage", critical: true, digitalSignature: true };
  const exchange = { keyEncipherment: true, keyAgreement: true };
  const constraints = { name: "basicConstraints", critical: true, cA: role === "ca" };
  const issuer =
    authorityKey === undefined
      ? []
      : [{ name: "authorityKeyIdentifier", keyIdentifier: Buffer.from(authorityKey, "hex").toString("latin1") }];
  if (role === "ca") {
    return [{ ...usage, ...exchange, keyCertSign: true }, constraints, { name: "subjectKeyIdentifier" }];
  }
  if (role === "client") return [usage, { name: "extKeyUsage", clientAuth: true }, constraints, ...issuer];
  const altNames = sans.map((san) => (isIP(san) ? { type: 7, ip: san } : { type: 2, value: san }));
  return [
    { ...usage, ...exchange },
    { name: "extKeyUsage", serverAuth: true },
    constraints,
    ...issuer,
    { name: "subjectAltName", altNames },
  ];
}

/** 128 bits, positive, and without a leading zero byte that DER would not allow. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString("hex");
}

interface Collector {
  readonly algorithm: "sha256";
  bytes: string;
  start(): Collector;
  update(bytes: string): Collector;
}

/** Stands in for forge's digest: it only collects what is to be signed, since node hashes and signs in native code. */
function collector(): Collector {
  const self: Collector = {
    algorithm: "sha256",
    bytes: "",
    start: () => self,
    update: (bytes) => {
      self.bytes += bytes;
      return self;
    },
  };
  return self;
}

const signing = (key: KeyObject) => ({
  sign: (digest: Collector): string => sign("sha256", Buffer.from(digest.bytes, "latin1"), key).toString("latin1"),
});
