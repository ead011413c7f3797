import { readFile } from "node:fs/promises";
import { MachinistError, writeAtomic } from "@machinist/core";
import type { Grant, Rotation } from "@machinist/provision";
import type { PreparedAuthority, RunControl } from "../api.ts";
import type { Workspace } from "../workspace.ts";
import { behind, openCertificates, withAuthority } from "./workspace-certificates.ts";

/**
 * Make the CA that comes next, and write a ca.pem with it and the present one for people to have before the change. No
 * machine is touched. Everybody who has access counts as having it from then on: it is for the user to hand it out.
 */
export async function prepareAuthority(
  workspace: Workspace,
  output: string,
  { signal = new AbortController().signal }: RunControl,
): Promise<PreparedAuthority> {
  return withAuthority(workspace, signal, async () => {
    const { certificates, access } = await openCertificates(workspace);
    const { fingerprintsIn } = await import("@machinist/provision");
    const { rotation } = certificates;
    if ((await rotation.phase()) === "drop") {
      const late = await behind(workspace);
      if (late.length > 0) throw unfinished(late);
      await rotation.finish();
    }
    if ((await certificates.caCertificate()) === undefined) await certificates.ca();
    await rotation.prepare();
    const both = (await certificates.handOut()) ?? "";
    await write(output, both);
    const people = withAccess(await access.all());
    for (const grant of people) await access.put({ ...grant, authorities: fingerprintsIn(both) });
    return { path: output, people: people.map(({ name }) => name) };
  });
}

/** Who has access, and would not trust engines any more once the next change of the CA is made. From the store alone. */
export async function peopleCutOff(workspace: Workspace): Promise<string[]> {
  const { certificates, access } = await openCertificates(workspace);
  const phase = await certificates.rotation.phase();
  // Engines show the new CA's certificates already: going on cuts off nobody more.
  if (phase === "exchange" || (phase === "drop" && (await behind(workspace)).length > 0)) return [];
  const next = phase === "drop" ? undefined : await certificates.rotation.next();
  return (await lacking(await access.all(), next)).map(({ name }) => name);
}

/** Whether the ca.pem that a person was handed lacks the CA of a change that was prepared or is under way. */
export async function lacksNext(rotation: Rotation, grant: Grant): Promise<boolean> {
  const next = await rotation.next();
  return next !== undefined && (await lacking([grant], next)).length > 0;
}

/** Those with access whose ca.pem lacks this CA; one that is not made yet nobody has. */
export async function lacking(grants: readonly Grant[], ca: string | undefined): Promise<Grant[]> {
  const { fingerprintsIn } = await import("@machinist/provision");
  const [wanted] = fingerprintsIn(ca ?? "");
  return withAccess(grants).filter(({ authorities = [] }) => wanted === undefined || !authorities.includes(wanted));
}

const withAccess = (grants: readonly Grant[]): Grant[] =>
  grants.filter(({ revoked, until }) => revoked === undefined && Date.parse(until) > Date.now());

/** The same file again is no other file. */
async function write(path: string, content: string): Promise<void> {
  const there = await readFile(path, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw unwritten(path, thrown);
  });
  if (there === content) return;
  if (there !== undefined)
    throw new MachinistError("access.output", `${path} is there already`, {
      hint: "Remove it, or choose another place with --output",
    });
  await writeAtomic(path, content, 0o644).catch((thrown) => {
    throw unwritten(path, thrown);
  });
}

const unwritten = (path: string, cause: NodeJS.ErrnoException): MachinistError =>
  new MachinistError("access.output", `${path} cannot be written: ${cause.code ?? "failed"}`, {
    cause,
    hint: "Choose another place with --output, then type the same command again",
  });

const unfinished = (late: readonly string[]): MachinistError =>
  new MachinistError("certs.changing", `A change of the CA has not reached every machine: ${late.join(", ")}`, {
    hint: "Finish it first: machinist regenerate-certs --ca",
  });
