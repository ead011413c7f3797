import { readFileSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { CliError } from "../cli-error.ts";
import { hostPort } from "./address.ts";
import { type Host, systemWords } from "./load.ts";

/** The files by which a machine's Docker and its client know each other. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Throws with Go's words for the first file that cannot be read. */
export function credentialsOf({ config }: Host): Credentials {
  const { CaCertPath, ClientCertPath, ClientKeyPath } = config.HostOptions.AuthOptions;
  return { ca: read(CaCertPath), cert: read(ClientCertPath), key: read(ClientKeyPath) };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError(`open ${path}: ${systemWords(cause)}`);
  }
}

/** How long a machine may take to answer, in ms; docker-machine's own. */
const DIAL_MS = 20_000;

/** Throws in docker-machine's words where no Docker answers at the URL that this store's certificates are good for. */
export async function checkTls(host: Host, url: string): Promise<void> {
  const address = hostPort(url);
  try {
    (await dial(address, credentialsOf(host))).destroy();
  } catch (thrown) {
    throw new CliError(
      `Error checking and/or regenerating the certs: There was an error validating certificates for host ${JSON.stringify(address)}: ${(thrown as Error).message}\nYou can attempt to regenerate them using 'docker-machine regenerate-certs [name]'.\nBe advised that this will trigger a Docker daemon restart which might stop running containers.\n`,
    );
  }
}

/** A connection to whoever has a certificate of this authority there. Throws with Go's words. */
export async function dial(address: string, { ca, cert, key }: Credentials, signal?: AbortSignal): Promise<TLSSocket> {
  // Commands that dial nobody start sooner without.
  const [{ connect }, { X509Certificate }] = await Promise.all([import("node:tls"), import("node:crypto")]);
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  return new Promise((resolve, reject) => {
    const bare = host.replace(/^\[|\]$/g, "");
    // Checked below, where more can be said of what is wrong with the certificate.
    const socket = connect({
      host: bare,
      port: Number(port),
      ca,
      cert,
      key,
      timeout: DIAL_MS,
      rejectUnauthorized: false,
    });
    const fail = (message: string) => {
      socket.destroy();
      reject(new CliError(message));
    };
    const stop = () => fail(`dial tcp ${address}: operation was canceled`);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    socket.once("secureConnect", () => {
      signal?.removeEventListener("abort", stop);
      if (!socket.authorized) return fail(certificateWords(socket, address, new X509Certificate(ca).subject));
      socket.setTimeout(0);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("timeout", () => fail(`dial tcp ${address}: i/o timeout`));
    socket.once("error", (error) => fail(connectionWords(error, address)));
  });
}

/** What went wrong on the way to an address, as Go's net package says it. */
function connectionWords(error: Error, address: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const net: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "i/o timeout",
  };
  if (net[code] !== undefined) return `dial tcp ${address}: ${net[code]}`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${address.replace(/:\d+$/, "")}: no such host`;
  return code === "ECONNRESET" ? "read: connection reset by peer" : error.message;
}

/** What is wrong with a certificate, as Go's x509 package says it. */
function certificateWords(socket: TLSSocket, address: string, authority: string): string {
  const code = String(socket.authorizationError);
  if (code === "CERT_HAS_EXPIRED") return "x509: certificate has expired or is not yet valid";
  if (code.startsWith("ERR_TLS_CERT_ALTNAME"))
    return `x509: certificate is not valid for ${address.replace(/:\d+$/, "")}`;
  const unknown = "x509: certificate signed by unknown authority";
  // Another CA of the same name: Go tries it and tells that it did.
  if (socket.getPeerX509Certificate()?.issuer !== authority) return unknown;
  const name = /^CN=(.*)$/m.exec(authority)?.[1] ?? /^O=(.*)$/m.exec(authority)?.[1] ?? "";
  return `${unknown} (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate ${JSON.stringify(name)})`;
}
