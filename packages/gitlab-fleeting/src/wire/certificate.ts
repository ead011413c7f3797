import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate that signs itself, and its key. */
export interface OwnCertificate {
  readonly key: string;
  readonly pem: string;
  readonly der: Buffer;
}

const DAY_MS = 86_400_000;
/** Longer than any process lives. */
const LIFETIME_DAYS = 10_000;

const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c } as const;
const SEQUENCE = 0x30;
const SET = 0x31;
const GENERALIZED_TIME = 0x18;
const UTC_TIME = 0x17;
/** A tag of a choice or an optional part, by its number. */
const part = (number: number, constructed = true): number => 0x80 | (constructed ? 0x20 : 0) | number;

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

/** An object identifier by the bytes that stand for it. */
const oid = (hex: string): Buffer => der(tags.oid, Buffer.from(hex, "hex"));

const oids = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extKeyUsage: "551d25",
  subjectAltName: "551d11",
  serverAuth: "2b06010505070301",
  clientAuth: "2b06010505070302",
} as const;

const yes = der(tags.boolean, Buffer.from([0xff]));

const extension = (name: string, critical: boolean, value: Buffer): Buffer =>
  der(SEQUENCE, oid(name), ...(critical ? [yes] : []), der(tags.octets, value));

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14);
  // Years from 2050 on have four digits, those before two.
  return Number(digits.slice(0, 4)) < 2050
    ? der(UTC_TIME, Buffer.from(`${digits.slice(2)}Z`))
    : der(GENERALIZED_TIME, Buffer.from(`${digits}Z`));
}

/**
 * What go-plugin's automatic mutual TLS asks of both sides: an ECDSA certificate for `host` that is its own authority. X.509 is
 * written here because Node reads certificates and makes none, and the plugin's start would wait for a library that does.
 */
export function ownCertificate(host = "localhost", now = Date.now()): OwnCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, oid(oids.ecdsaWithSha256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid(oids.commonName), der(tags.utf8, Buffer.from(host)))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const extensions = [
    extension(oids.basicConstraints, true, der(SEQUENCE, yes)),
    // digitalSignature and keyCertSign, of nine bits.
    extension(oids.keyUsage, true, der(tags.bits, Buffer.from([2, 0b10000100]))),
    extension(oids.extKeyUsage, false, der(SEQUENCE, oid(oids.serverAuth), oid(oids.clientAuth))),
    extension(oids.subjectAltName, false, der(SEQUENCE, der(part(2, false), Buffer.from(host)))),
  ];
  const body = der(
    SEQUENCE,
    der(part(0), der(tags.integer, Buffer.from([2]))),
    der(tags.integer, serial),
    algorithm,
    name,
    der(SEQUENCE, time(now - DAY_MS), time(now + LIFETIME_DAYS * DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(part(3), der(SEQUENCE, ...extensions)),
  );
  const signature = der(tags.bits, Buffer.from([0]), sign("sha256", body, privateKey));
  const whole = der(SEQUENCE, body, algorithm, signature);
  const lines = whole.toString("base64").replace(/(.{64})(?=.)/g, "$1\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    der: whole,
  };
}
