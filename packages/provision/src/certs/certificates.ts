import { userInfo } from "node:os";
import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import { both } from "../both.ts";
import { expiresWithin, inspect, matches, signedBy } from "./inspect.ts";
import { publish, readIfThere, replace } from "./publish.ts";
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
  /**
   * The CA, made on first use, once, however many processes ask at once. Throws `certs.ca-key-missing`,
   * `certs.ca-mismatch`, `certs.ca-expired`, `certs.unreadable`, `certs.write`.
   */
  ca(): Promise<Pair>;
  /** The CA's certificate if there is one; makes nothing. */
  caCertificate(): Promise<string | undefined>;
  /** The client pair; issued anew, for the same key, where its certificate is missing, foreign or about to end. */
  client(): Promise<Pair>;
  /** A client pair with a new key in place of the present one. */
  renewClient(): Promise<Pair>;
  /** A private key (PKCS#1 PEM), to be made while something else is waited for. */
  newKey(): Promise<string>;
  /** A server pair for a machine. `expires` is ISO 8601. Nothing is written. */
  issueServer(request: ServerRequest): Promise<Pair & { readonly expires: string }>;
  /** Put what a docker client needs into a machine's folder (ca.pem, cert.pem, key.pem), and the server pair if given. */
  copyTo(machineDir: string, server?: Pair): Promise<void>;
}

/** Days before its end at which a certificate is renewed. */
export const RENEW_DAYS = 30;

export function createCertificates({ folder, organization = loginName() }: CertificatesOptions): Certificates {
  const paths = {
    ca: join(folder, "ca.pem"),
    caKey: join(folder, "ca-key.pem"),
    cert: join(folder, "cert.pem"),
    key: join(folder, "key.pem"),
  };

  // The key is published first and the certificate is made of whichever key won: so they match whoever dies when.
  const ca = shared(async (): Promise<Pair> => {
    const known = await readIfThere(paths.ca);
    let key = await readIfThere(paths.caKey);
    if (key === undefined && known !== undefined) throw caKeyMissing(paths.caKey);
    key ??= await publish(paths.caKey, await newKey(), 0o600);
    const cert = known ?? (await publish(paths.ca, await issue({ role: "ca", organization, key }), 0o644));
    checkAuthority({ cert, key }, paths.ca);
    return { cert, key };
  });

  const issueClient = (authority: Pair, key: string): Promise<string> =>
    issue({ role: "client", organization: `${organization}.<bootstrap>`, key, issuer: authority });

  const client = shared(async (): Promise<Pair> => {
    const [authority, key] = await both(
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

  return {
    ca,
    caCertificate: () => readIfThere(paths.ca),
    client,
    newKey,
    renewClient: async () => {
      const [authority, key] = await Promise.all([ca(), newKey()]);
      const cert = await issueClient(authority, key);
      // A reader between the two sees a pair that does not match, and client() above would heal even that.
      await replace(paths.key, key, 0o600);
      await replace(paths.cert, cert, 0o644);
      return { cert, key };
    },
    issueServer: async ({ machine, sans, key }) => {
      const [authority, own] = await Promise.all([ca(), key ?? newKey()]);
      const request = { role: "server", organization: `${organization}.${machine}`, sans } as const;
      const cert = await issue({ ...request, key: own, issuer: authority });
      return { cert, key: own, expires: inspect(cert).expires };
    },
    copyTo: async (machineDir, server) => {
      const [authority, own] = await both(ca(), client());
      const copies: [string, string][] = [
        ["ca.pem", authority.cert],
        ["key.pem", own.key],
        ["cert.pem", own.cert],
      ];
      if (server) copies.push(["server-key.pem", server.key], ["server.pem", server.cert]);
      await Promise.all(copies.map(([name, content]) => keep(join(machineDir, name), content)));
    },
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

function stillGood(cert: string, key: string, ca: string): boolean {
  try {
    return matches(cert, key) && signedBy(cert, ca) && !expiresWithin(inspect(cert), RENEW_DAYS);
  } catch {
    return false;
  }
}

function checkAuthority({ cert, key }: Pair, path: string): void {
  const hint = `Restore ${path} and ca-key.pem from a backup, or move both away and type: machinist regenerate-certs --client-certs`;
  let matching: boolean;
  try {
    matching = matches(cert, key);
  } catch (cause) {
    throw new MachinistError("certs.unreadable", `The certificate authority in ${path} cannot be read`, {
      cause,
      hint,
    });
  }
  if (!matching)
    throw new MachinistError("certs.ca-mismatch", `${path} does not belong to the key beside it`, { hint });
  const { expires } = inspect(cert);
  if (Date.parse(expires) <= Date.now()) {
    throw new MachinistError("certs.ca-expired", `The certificate authority in ${path} ended on ${expires}`, {
      hint: "Move ca.pem and ca-key.pem away, then type: machinist regenerate-certs --client-certs",
    });
  }
}

const caKeyMissing = (path: string): MachinistError =>
  new MachinistError("certs.ca-key-missing", `${path} is missing, so no certificate can be issued`, {
    hint: "Restore it, or move ca.pem away too, and a new authority will be made.",
  });

function loginName(): string {
  try {
    return userInfo().username || "unknown";
  } catch {
    return "unknown";
  }
}
