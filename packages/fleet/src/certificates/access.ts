import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Emit, MachinistError } from "@machinist/core";
import type { Grant } from "@machinist/provision";
import type { AccessRequest, AccessView, Outcome, RunControl } from "../api.ts";
import { hintOf } from "../hint-of.ts";
import type { Workspace } from "../workspace.ts";
import { type Bundle, handOver, hasBundle, isHandedOver, refuseTaken, stage, stagedAt } from "./bundle.ts";
import { lacksNext } from "./next-authority.ts";
import { certificateRound } from "./round.ts";
import { openCertificates, trustedBy, withAuthority, withEngine } from "./workspace-certificates.ts";

const defaultDays = 365;
const mostDays = 3650;

/**
 * Make a certificate for a person, have engines trust it, and put what the person needs where it was asked for. Cut
 * short, the same call goes on: what is not handed over yet is kept in the store until it is.
 */
export async function grantAccess(
  workspace: Workspace,
  request: AccessRequest,
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const { name, machines, fleets, output } = request;
  await check(workspace, request);
  const signal = options.signal ?? new AbortController().signal;
  return withAuthority(workspace, signal, async () => {
    const { certificates, access } = await openCertificates(workspace);
    const { fingerprintsIn, grantOf, issuePersonal } = await import("@machinist/provision");
    const place = stagedAt(workspace.certsFolder, name);
    const known = await access.find(name);
    let unmade: Bundle | undefined;
    if (known) await refuseKnown(known, request, place);
    else {
      await refuseTaken(output);
      await certificates.ca();
      const { cert, key } = await issuePersonal(name, request.days ?? defaultDays);
      unmade = { name, cert, key, ca: (await certificates.handOut()) ?? "", urls: new Map() };
    }
    const grant = known ?? grantOf(name, unmade?.cert ?? "", where(machines, fleets));
    if (unmade) {
      // The key first: an entry without one would be somebody who has access and cannot use it.
      await stage(place, { ...unmade, urls: await urlsFor(workspace, grant) });
      await access.put({ ...grant, authorities: fingerprintsIn(unmade.ca) });
    }
    await handOver(place, output, grant.cert);
    const names = await reached(workspace, grant);
    return certificateRound(workspace, names, options, emit);
  });
}

/** Have every engine stop trusting a person's certificate. Kept as revoked until the last of them has. */
export async function revokeAccess(
  workspace: Workspace,
  name: string,
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  const signal = options.signal ?? new AbortController().signal;
  return withAuthority(workspace, signal, async () => {
    const { access } = await openCertificates(workspace);
    const grant = validName(name) ? await access.find(name) : undefined;
    if (!grant) throw await unknownPerson(workspace, name);
    const names = await reached(workspace, grant);
    await access.put({ ...grant, revoked: grant.revoked ?? new Date().toISOString() });
    await rm(stagedAt(workspace.certsFolder, name), { recursive: true, force: true });
    const outcome = await certificateRound(workspace, names, options, emit);
    if ((await accepting(workspace, grant)).length === 0 && outcome.ok) await access.drop(name);
    return outcome;
  });
}

/** Everybody with access, sorted by name; one whose access every engine has forgotten is gone. */
export async function accessViews(workspace: Workspace): Promise<AccessView[]> {
  const { access, certificates } = await openCertificates(workspace);
  const views = await Promise.all(
    (await access.all()).map(async (grant): Promise<AccessView> => {
      const accepted = await accepting(workspace, grant);
      const due = (await meant(workspace, grant)).filter((machine) => !accepted.includes(machine));
      const { cert: _, authorities: __, ...known } = grant;
      const lacksCa = await lacksNext(certificates.rotation, grant);
      return { ...known, accepted, pending: grant.revoked === undefined ? due : accepted, lacksCa };
    }),
  );
  return views.filter(({ revoked, pending }) => revoked === undefined || pending.length > 0);
}

const where = (
  machines: readonly string[] | undefined,
  fleets: readonly string[] | undefined,
): Pick<Grant, "machines" | "fleets"> => ({ ...(machines ? { machines } : {}), ...(fleets ? { fleets } : {}) });

/** A file name and a certificate's subject at once. */
const validName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name);

async function check(workspace: Workspace, { name, days, machines = [], fleets = [] }: AccessRequest): Promise<void> {
  if (!validName(name))
    throw new MachinistError("access.name", `${JSON.stringify(name)} is no name to give access to`, {
      hint: "Use up to 63 letters, digits, dots, dashes and underscores, a letter or digit first",
    });
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= mostDays))
    throw new MachinistError("access.days", `A certificate cannot be good for ${days} days`, {
      hint: `Give a whole number from 1 to ${mostDays}`,
    });
  for (const machine of machines) await workspace.record(machine);
  const known = await workspace.fleetsOfMachines();
  for (const fleet of fleets)
    if (!known.includes(fleet))
      throw new MachinistError("fleet.unknown", `There is no fleet ${JSON.stringify(fleet)}`, {
        hint: hintOf(fleet, known) ?? "See which machines there are: machinist ls",
      });
}

async function refuseKnown(grant: Grant, asked: AccessRequest, place: string): Promise<void> {
  const { name, since, revoked } = grant;
  if (revoked !== undefined)
    throw new MachinistError(
      "access.exists",
      `The access of ${name} is being taken away, and some machine still gives it`,
      {
        hint: `Finish that first: machinist access revoke ${name}`,
      },
    );
  const same = isDeepStrictEqual(where(asked.machines, asked.fleets), where(grant.machines, grant.fleets));
  // Not handed over yet, or handed over just where it is asked for: an earlier call was interrupted.
  if (same && ((await hasBundle(place, grant.cert)) || (await isHandedOver(asked.output, grant.cert)))) return;
  const what = same ? "and the key is not here" : "and elsewhere than asked for";
  throw new MachinistError("access.exists", `${name} has had access since ${since.slice(0, 10)}, ${what}`, {
    hint: `For a new certificate, take the old one away first: machinist access revoke ${name}`,
  });
}

async function unknownPerson(workspace: Workspace, name: string): Promise<MachinistError> {
  const { access } = await openCertificates(workspace);
  const names = (await access.all()).map((grant) => grant.name);
  return new MachinistError("access.unknown", `Nobody called ${JSON.stringify(name)} has access`, {
    hint: hintOf(name, names) ?? "See who has: machinist access ls",
  });
}

/** Machines with an engine of ours where a grant holds, or would if it were not revoked. */
async function meant(workspace: Workspace, grant: Grant): Promise<string[]> {
  const { covers } = await import("@machinist/provision");
  const { revoked: _, ...whole } = grant;
  return (await withEngine(workspace))
    .filter(({ scope, fleet }) => covers(whole, scope, fleet))
    .map(({ scope }) => scope);
}

async function accepting(workspace: Workspace, { cert }: Grant): Promise<string[]> {
  const { fingerprintsIn } = await import("@machinist/provision");
  const [own = ""] = fingerprintsIn(cert);
  return (await withEngine(workspace)).filter((record) => trustedBy(record).includes(own)).map(({ scope }) => scope);
}

/** Machines that a change of a grant concerns: where it should hold, and where it was seen to. */
const reached = async (workspace: Workspace, grant: Grant): Promise<string[]> => [
  ...new Set([...(await meant(workspace, grant)), ...(await accepting(workspace, grant))]),
];

async function urlsFor(workspace: Workspace, grant: Grant): Promise<Map<string, string>> {
  const names = await meant(workspace, grant);
  const urls = new Map<string, string>();
  for (const record of await withEngine(workspace)) {
    const url = record.resources[`${record.scope}/engine`]?.state?.url;
    if (names.includes(record.scope) && typeof url === "string") urls.set(record.scope, url);
  }
  return urls;
}
