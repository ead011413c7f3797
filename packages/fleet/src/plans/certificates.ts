import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ScopeRecord } from "@machinist/core";
import type { Workspace } from "../workspace.ts";
import type { CertificateNotice } from "./plan.ts";

/** Days before its end at which a certificate is told of. */
const NOTICE_DAYS = 30;

/** Certificates that have ended or end soon: the store's, and as just seen those of machines. */
export async function endingCertificates(
  workspace: Workspace,
  records: readonly ScopeRecord[],
  now: number,
): Promise<CertificateNotice[]> {
  const servers = records.flatMap(({ scope, resources }) => {
    const expires = resources[`${scope}/engine`]?.state?.certExpires;
    return typeof expires === "string" ? notice({ of: "server", machine: scope }, expires, now) : [];
  });
  const own = await Promise.all(
    (
      [
        ["ca", "ca.pem"],
        ["client", "cert.pem"],
      ] as const
    ).map(async ([of, name]) => {
      const expires = await endOf(join(workspace.certsFolder, name));
      return expires === undefined ? [] : notice({ of }, expires, now);
    }),
  );
  return [...own.flat(), ...servers];
}

function notice(about: Pick<CertificateNotice, "of" | "machine">, expires: string, now: number): CertificateNotice[] {
  const days = Math.floor((Date.parse(expires) - now) / 86_400_000);
  return days <= NOTICE_DAYS ? [{ ...about, expires, days }] : [];
}

/** When the certificate in a file ends; undefined where there is none that could be read. */
async function endOf(path: string): Promise<string | undefined> {
  const pem = await readFile(path, "utf8").catch(() => undefined);
  if (pem === undefined) return undefined;
  const { inspect } = await import("@machinist/provision");
  try {
    return inspect(pem).expires;
  } catch {
    return undefined;
  }
}
