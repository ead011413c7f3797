import { userInfo } from "node:os";
import { join } from "node:path";
import { settleBoth } from "../settle-both.ts";
import { covers, createAccessList } from "./access.ts";
import { caKeyMissing, checkAuthority, isPair } from "./authority-check.ts";
import { authorityFiles } from "./authority-files.ts";
import { bundleOf, certificatesIn } from "./bundle.ts";
import { expiresWithin, inspect, matches, signedBy } from "./inspect.ts";
import { publish, readIfThere, replace, replaceTogether } from "./publish.ts";
import { createRotation, type Rotation } from "./rotation.ts";
import { issue, newKey, type Pair } from "./sign.ts";

export interface CertificatesOptions {
  /** Where ca.pem, ca-key.pem, cert.pem and key.pem are kept: docker-machine's `certs` folder, or a new one. */
  readonly folder: string;
  /** The O of the CA and the first part of all others. Default: the user's login name. */
  readonly organization?: string;
}

export interface ServerRequest {
  readonly machine: string;
  readonly sans: readonly string[];
  /** A key made earlier by {@link Certificates.newKey}. */
  readonly key?: string;
}

/** The authority of one store: a CA, one client pair, and a server pair for each machine. */
export interface Certificates {
  /** The change to a new CA. */
  readonly rotation: Rotation;
  /**
   * The CA, made on first use, once, however many processes ask at once. Its `cert` is followed by the other CA while
   * one gives way to another. Throws `certs.ca-key-missing`, `certs.ca-mismatch`, `certs.ca-expired`,
   * `certs.unreadable`, `certs.write`.
   */
  ca(): Promise<Pair>;
  /** The CA's certificate if there is one (the one that signs first); makes nothing. */
  caCertificate(): Promise<string | undefined>;
  /** The ca.pem for somebody else: whom to trust now, and after a change that was prepared. No secret; makes nothing. */
  handOut(): Promise<string | undefined>;
  /** Whom a machine's engine should take for a client: whoever a CA of ours signed, and people with access there. */
  trusted(machine: string, fleet: string): Promise<string | undefined>;
  /** The client pair; issued again, for the same key, where its certificate is missing, foreign or about to end. */
  client(): Promise<Pair>;
  /** Once engines trust the CA that signs now: have the client's certificate of it, too. The key stays. */
  followClient(): Promise<Pair>;
  /** A client pair with a new key in place of the present one. */
  renewClient(): Promise<Pair>;
  /** A private key (PKCS#1 PEM), to be made while something else is waited for. */
  newKey(): Promise<string>;
  /** A server pair for a machine. `expires` is ISO 8601. Nothing is written. */
  issueServer(request: ServerRequest): Promise<Pair & { readonly expires: string }>;
  /**
   * Before an engine is given other certificates: have its machine's folder trust what it has and what it will have.
   * The client pair there stays, since the engine may know no other yet; only a folder without gets one.
   */
  prepare(machineDir: string): Promise<void>;
  /** Put what a docker client needs into a machine's folder (ca.pem, cert.pem, key.pem): its engine takes them now. */
  copyTo(machineDir: string): Promise<void>;
  /** Whether a machine's folder holds just these, and they are good for a while. */
  isCopiedTo(machineDir: string): Promise<boolean>;
  /** Keep a machine's server pair in its folder. */
  keepServer(machineDir: string, server: Pair): Promise<void>;
}

/** Days before its end at which a certificate is renewed. */
export const RENEW_DAYS = 30;

export function createCertificates({ folder, organization = loginName() }: CertificatesOptions): Certificates {
  const paths = authorityFiles(folder);
  const rotation = createRotation(folder, organization);
  const access = createAccessList(folder);

  // The key is published first and the certificate is made of whichever key won: so they match whoever dies when.
  const ca = shared(async (): Promise<Pair> => {
    const known = await readIfThere(paths.ca);
    let key = await readIfThere(paths.caKey);
    if (key === undefined && known !== undefined) throw caKeyMissing(paths.caKey);
    key ??= await publish(paths.caKey, await newKey(), 0o600);
    const cert = known ?? (await publish(paths.ca, await issue({ role: "ca", organization, key }), 0o644));
    if (!isPair({ cert, key }, paths.ca) && (await rotation.heal()))
      return { cert: (await readIfThere(paths.ca)) ?? cert, key };
    checkAuthority({ cert, key }, paths.ca);
    return { cert, key };
  });

  const issueClient = (authority: Pair, key: string): Promise<string> =>
    issue({ role: "client", organization: `${organization}.<bootstrap>`, key, issuer: authority });

  const client = shared(async (): Promise<Pair> => {
    const [authority, key] = await settleBoth(
      ca(),
      readIfThere(paths.key).then(async (there) => there ?? publish(paths.key, await newKey(), 0o600)),
    );
    const known = await readIfThere(paths.cert);
    if (known !== undefined && stillGood(known, key, authority.cert)) return { cert: known, key };
    const cert = await issueClient(authority, key);
    if (known === undefined) return { cert: await publish(paths.cert, cert, 0o644), key };
    await replace(paths.cert, cert, 0o644);
    return { cert, key };
  });

  // One file changes: who reads certificate and key one after the other has a pair.
  const followClient = async (): Promise<Pair> => {
    const [authority, own] = await settleBoth(ca(), client());
    if (signedBy(own.cert, authority.cert)) return own;
    const cert = await issueClient(authority, own.key);
    await replace(paths.cert, cert, 0o644);
    return { cert, key: own.key };
  };

  return {
    rotation,
    ca,
    caCertificate: () => readIfThere(paths.ca),
    handOut: async () => {
      const [present, next] = await Promise.all([readIfThere(paths.ca), rotation.next()]);
      return present === undefined ? undefined : bundleOf(present, next ?? "");
    },
    trusted: async (machine, fleet) => {
      const [own, grants] = await Promise.all([readIfThere(paths.ca), access.all()]);
      const people = grants.filter((grant) => covers(grant, machine, fleet)).map(({ cert }) => cert);
      return own === undefined ? undefined : bundleOf(own, ...people);
    },
    client,
    followClient,
    newKey,
    renewClient: async () => {
      const [authority, key] = await Promise.all([ca(), newKey()]);
      const cert = await issueClient(authority, key);
      // A reader between the two sees a pair that does not match, and client() above would heal even that.
      await replaceTogether([
        { path: paths.key, content: key, mode: 0o600 },
        { path: paths.cert, content: cert, mode: 0o644 },
      ]);
      return { cert, key };
    },
    issueServer: async ({ machine, sans, key }) => {
      const [authority, own] = await Promise.all([ca(), key ?? newKey()]);
      const request = { role: "server", organization: `${organization}.${machine}`, sans } as const;
      const cert = await issue({ ...request, key: own, issuer: authority });
      return { cert, key: own, expires: inspect(cert).expires };
    },
    prepare: async (machineDir) => {
      const [authority, own] = await settleBoth(ca(), client());
      const there = authorityFiles(machineDir);
      const [trusted = "", cert, key] = await Promise.all([there.ca, there.cert, there.key].map(readIfThere));
      await keep(there.ca, trusted === authority.cert ? trusted : bundleOf(trusted, authority.cert));
      if (cert === undefined || key === undefined) await keepPair(there, own);
    },
    copyTo: async (machineDir) => {
      const [authority, own] = await settleBoth(ca(), client());
      const there = authorityFiles(machineDir);
      await keepPair(there, own);
      await keep(there.ca, authority.cert);
    },
    isCopiedTo: async (machineDir) => {
      const there = authorityFiles(machineDir);
      const [here, copy] = await Promise.all(
        [paths, there].map((files) => Promise.all([files.ca, files.cert, files.key].map(readIfThere))),
      );
      const [authority, cert, key] = here ?? [];
      if (authority === undefined || cert === undefined || key === undefined) return false;
      return stillGood(cert, key, authority) && [authority, cert, key].every((text, at) => text === copy?.[at]);
    },
    keepServer: (machineDir, server) =>
      replaceTogether([
        { path: join(machineDir, "server-key.pem"), content: server.key, mode: 0o600 },
        { path: join(machineDir, "server.pem"), content: server.cert, mode: 0o600 },
      ]),
  };
}

/** Callers that come while it runs get the same answer: keys are dear, and several machines are made at once. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** Write only what differs: many commands may copy the same pair into the same folder. */
async function keep(path: string, content: string): Promise<void> {
  if ((await readIfThere(path)) !== content) await replace(path, content, 0o600);
}

async function keepPair({ key, cert }: { readonly key: string; readonly cert: string }, own: Pair): Promise<void> {
  if ((await readIfThere(key)) === own.key) return keep(cert, own.cert);
  await replaceTogether([
    { path: key, content: own.key, mode: 0o600 },
    { path: cert, content: own.cert, mode: 0o600 },
  ]);
}

function stillGood(cert: string, key: string, ca: string): boolean {
  try {
    // While one CA gives way to another engines trust both, and the old one's certificate serves until the last has followed.
    return (
      matches(cert, key) &&
      certificatesIn(ca).some((each) => signedBy(cert, each)) &&
      !expiresWithin(inspect(cert), RENEW_DAYS)
    );
  } catch {
    return false;
  }
}

function loginName(): string {
  try {
    return userInfo().username || "unknown";
  } catch {
    return "unknown";
  }
}
