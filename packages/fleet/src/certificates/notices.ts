import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asMachinistError } from "@machinist/core";
import type { EndingCertificate } from "../api.ts";
import type { Workspace } from "../workspace.ts";
import { openCertificates, withEngine } from "./workspace-certificates.ts";

/** Days before its end from which on a certificate is spoken of. */
const noticeDays = 30;
const dayMs = 86_400_000;

/** Certificates that end within 30 days: the CA, the client's, those of engines, those of people. From the store alone. */
export async function certificateNotices(
  workspace: Workspace,
  machines?: readonly string[],
): Promise<EndingCertificate[]> {
  const found = [
    ...(await ofStore(workspace)),
    ...(await ofMachines(workspace, machines)),
    ...(await ofPeople(workspace)),
  ];
  return found.filter(({ days }) => days <= noticeDays);
}

/** A notice, whether or not it is time for it. */
export function noticeOf(
  what: EndingCertificate["what"],
  name: string,
  expires: string,
  now = Date.now(),
): EndingCertificate {
  const days = Math.floor((Date.parse(expires) - now) / dayMs);
  const when = days < 0 ? `ended on ${expires.slice(0, 10)}` : `ends in ${days} ${days === 1 ? "day" : "days"}`;
  return { what, name, expires, days, message: `${subjects[what](name)} ${when}`, hint: hints[what](name) };
}

const subjects: { readonly [what in EndingCertificate["what"]]: (name: string) => string } = {
  ca: () => "The certificate authority of this store",
  client: () => "The client certificate of this store",
  server: (name) => `The certificate of ${name}`,
  person: (name) => `The certificate of ${name}, who has access,`,
};
const hints: { readonly [what in EndingCertificate["what"]]: (name: string) => string } = {
  ca: () => "machinist regenerate-certs --ca",
  client: () => "machinist regenerate-certs --client-certs",
  server: (name) => `machinist regenerate-certs ${name}`,
  person: (name) => `machinist access revoke ${name}; machinist access add ${name}`,
};

/** The end of each of the store's own certificates. What cannot be read is `doctor`'s to tell. */
async function ofStore(workspace: Workspace): Promise<EndingCertificate[]> {
  const files = [
    ["ca", "ca.pem"],
    ["client", "cert.pem"],
  ] as const;
  const notices = await Promise.all(
    files.map(async ([what, file]) => {
      const pem = await readFile(join(workspace.certsFolder, file), "utf8").catch(() => undefined);
      if (pem === undefined) return [];
      const { inspect } = await import("@machinist/provision");
      try {
        return [noticeOf(what, "", inspect(pem).expires)];
      } catch (thrown) {
        if (asMachinistError(thrown).code === "certs.unreadable") return [];
        throw thrown;
      }
    }),
  );
  return notices.flat();
}

async function ofMachines(workspace: Workspace, machines: readonly string[] | undefined): Promise<EndingCertificate[]> {
  return (await withEngine(workspace)).flatMap(({ scope, resources }) => {
    const expires = resources[`${scope}/engine`]?.state?.certExpires;
    const asked = machines === undefined || machines.includes(scope);
    return asked && typeof expires === "string" && expires !== "" ? [noticeOf("server", scope, expires)] : [];
  });
}

async function ofPeople(workspace: Workspace): Promise<EndingCertificate[]> {
  const { access } = await openCertificates(workspace);
  const grants = await access.all().catch(() => []);
  return grants.flatMap(({ name, until, revoked }) => (revoked === undefined ? [noticeOf("person", name, until)] : []));
}
