import { generateKeyPairSync, randomBytes } from "node:crypto";
import forge from "node-forge";

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for one test run. */
export function makeAuthority() {
  const ca = issue({ name: "test authority", authority: true });
  return {
    cert: ca.cert,
    /** For a server that answers on `ips`; `days` < 0 makes it expired. */
    server: (ips: readonly string[], days = 1): Identity => issue({ name: "server", ips, days, by: ca }),
    client: (): Identity => issue({ name: "client", by: ca }),
  };
}

interface Issue {
  readonly name: string;
  readonly authority?: boolean;
  readonly ips?: readonly string[];
  readonly days?: number;
  readonly by?: Identity;
}

function issue({ name, authority = false, ips = [], days = 1, by }: Issue): Identity {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = `01${randomBytes(8).toString("hex")}`;
  const now = Date.now();
  certificate.validity.notBefore = new Date(now - 2 * 86_400_000);
  certificate.validity.notAfter = new Date(now + days * 86_400_000);
  const subject = [{ name: "commonName", value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(by === undefined ? subject : forge.pki.certificateFromPem(by.cert).subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", cA: authority, critical: true },
    ...(ips.length === 0 ? [] : [{ name: "subjectAltName", altNames: ips.map((ip) => ({ type: 7, ip })) }]),
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(by?.key ?? pair.privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey };
}
