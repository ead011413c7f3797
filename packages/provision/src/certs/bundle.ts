import { X509Certificate } from "node:crypto";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in order, each ending with a newline. */
export const certificatesIn = (pem: string): string[] => (pem.match(CERTIFICATE) ?? []).map((each) => `${each}\n`);

/** Several PEM texts as one, each certificate once, in the order of their first appearance. */
export const bundleOf = (...pems: readonly string[]): string => [...new Set(pems.flatMap(certificatesIn))].join("");

/** SHA-256 of each certificate in a PEM text, sorted, so that two bundles of the same are equal. What is no certificate counts not. */
export function fingerprintsIn(pem: string): string[] {
  const found = certificatesIn(pem).flatMap((each) => {
    try {
      return [new X509Certificate(each).fingerprint256];
    } catch {
      return [];
    }
  });
  return [...new Set(found)].sort();
}
