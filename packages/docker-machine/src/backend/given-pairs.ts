import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeAtomic } from "@machinist/core";
import { adoptPairs, createCertificates } from "@machinist/provision";
import { CliError } from "../cli-error.ts";
import type { Call } from "../command.ts";

type Where = Pick<Call, "globals" | "io" | "storePath">;
interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * The pairs that `--tls-ca-cert` and its three neighbours name become the store's own, which is where machines get theirs
 * from. What returns is to be called once the store has its pairs: docker-machine writes those that it made where the flags
 * say.
 */
export async function takeGivenPairs(call: Where): Promise<() => Promise<void>> {
  const folder = join(call.storePath, "certs");
  const ca = given(call, { cert: "tls-ca-cert", key: "tls-ca-key" }, { cert: "ca.pem", key: "ca-key.pem" });
  const client = given(call, { cert: "tls-client-cert", key: "tls-client-key" }, { cert: "cert.pem", key: "key.pem" });
  const [caPair, clientPair] = [ca && (await read(ca)), client && (await read(client))];
  await adoptPairs(folder, { ...(caPair && { ca: caPair }), ...(clientPair && { client: clientPair }) });
  return async () => {
    const certificates = createCertificates({ folder });
    if (ca && !caPair) await write(ca, await certificates.ca());
    if (client && !clientPair) await write(client, await certificates.client());
  };
}

/** Where a pair is wanted, unless that is where the store has it anyway. */
function given({ globals, io, storePath }: Where, flags: Files, files: Files): Files | undefined {
  const path = (flag: string, file: string) => {
    const said = String(globals.get(flag) || "");
    return said === "" ? join(storePath, "certs", file) : resolve(io.cwd, said);
  };
  const wanted = { cert: path(flags.cert, files.cert), key: path(flags.key, files.key) };
  const own = { cert: path("", files.cert), key: path("", files.key) };
  return wanted.cert === own.cert && wanted.key === own.key ? undefined : wanted;
}

/** Undefined where neither file is there. */
async function read({ cert, key }: Files): Promise<Files | undefined> {
  const [certText, keyText] = await Promise.all([text(cert), text(key)]);
  if (certText === undefined && keyText === undefined) return undefined;
  if (certText === undefined || keyText === undefined)
    throw new CliError(
      `${certText === undefined ? cert : key} is missing: a certificate and its key are given together`,
    );
  return { cert: certText, key: keyText };
}

async function text(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CliError(`${path} cannot be read: ${(thrown as Error).message}`);
  }
}

async function write({ cert, key }: Files, pair: Files): Promise<void> {
  await writeAtomic(key, pair.key, 0o600);
  await writeAtomic(cert, pair.cert, 0o644);
}
