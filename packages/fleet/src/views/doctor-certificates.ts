import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asMachinistError, planChanges } from "@machinist/core";
import type { Check, EndingCertificate, MachineView } from "../api.ts";
import { certificateNotices, noticeOf } from "../certificates/notices.ts";
import { behind, openCertificates } from "../certificates/workspace-certificates.ts";
import { Operation } from "../operation.ts";
import { recorded } from "../operations/up.ts";
import type { Workspace } from "../workspace.ts";

/** How long a machine's SSH is waited for, in ms. */
const sshWaitMs = 5000;

/** The store's own certificates, people's, and a change of the CA that has not reached every machine. */
export async function checkCertificates(workspace: Workspace): Promise<Check[]> {
  const pem = await readFile(join(workspace.certsFolder, "ca.pem"), "utf8").catch(() => undefined);
  const name = "certificates";
  if (pem === undefined) return [{ name, status: "ok", message: "The CA will be made with the first machine" }];
  try {
    const { inspect } = await import("@machinist/provision");
    const ca = noticeOf("ca", "", inspect(pem).expires);
    const notices = (await certificateNotices(workspace)).filter(({ what }) => what !== "ca" && what !== "server");
    const { access } = await openCertificates(workspace);
    await access.all();
    return [told(ca), ...notices.map(told), ...(await checkRotation(workspace))];
  } catch (thrown) {
    const { message, hint } = asMachinistError(thrown);
    return [{ name, status: "failed", message, ...(hint ? { hint } : {}) }];
  }
}

async function checkRotation(workspace: Workspace): Promise<Check[]> {
  const { certificates } = await openCertificates(workspace);
  const [phase, late] = [await certificates.rotation.phase(), await behind(workspace)];
  if (phase === undefined || (phase === "drop" && late.length === 0)) return [];
  if (phase === "prepared")
    return [
      {
        name: "certificates",
        status: "ok",
        message: "Another CA is prepared. To change to it: machinist regenerate-certs --ca",
      },
    ];
  const who = late.length > 0 ? `: ${late.join(", ")}` : "";
  return [
    {
      name: "certificates",
      status: "warning",
      message: `The change to another CA has not reached every machine${who}`,
      hint: "Go on with it: machinist regenerate-certs --ca",
    },
  ];
}

const told = ({ what, name: about, days, message, hint }: EndingCertificate): Check => {
  const name = what === "server" ? `machine ${about}` : "certificates";
  if (days > 30)
    return { name, status: "ok", message: `${message.replace(/ends in (\d+) days$/, "is good for $1 days")}` };
  return { name, status: days < 0 ? "failed" : "warning", message, hint };
};

/** What of a machine's certificates is not as it should be: its end, its names, whom its engine trusts. */
export async function checkEngineCertificates(
  workspace: Workspace,
  { name: machine, info, state }: MachineView,
  signal: AbortSignal = new AbortController().signal,
): Promise<Check[]> {
  const end = info?.certExpires ? [noticeOf("server", machine, info.certExpires)] : [];
  const checks = end.filter(({ days }) => days <= 30).map(told);
  if (state === "stopped" || !info || info.engine === false || !info.certExpires) return checks;
  const found = await drifted(workspace, machine, signal).catch(() => undefined);
  const name = `machine ${machine}`;
  const hint = `machinist provision ${machine}`;
  const sentences = [
    ...(found?.props.includes("sans") ? [`Docker's certificate does not cover its address ${found.address}`] : []),
    ...(found?.props.includes("trust") ? ["Docker there does not trust whom it should, or trusts somebody else"] : []),
    ...(found?.props.includes("certificates") && checks.length === 0 ? ["Docker's certificate is not a good one"] : []),
    ...(found?.props.includes("copies") ? ["Its folder does not hold this store's client certificate"] : []),
  ];
  return [...checks, ...sentences.map((message): Check => ({ name, status: "warning", message, hint }))];
}

/** What `provision` would repair of a machine's engine, as it is at its present address. */
async function drifted(
  workspace: Workspace,
  machine: string,
  signal: AbortSignal,
): Promise<{ readonly props: readonly string[]; readonly address: string } | undefined> {
  const operation = new Operation(workspace, () => {}, signal, sshWaitMs);
  try {
    const record = await operation.load(machine);
    if (!record) return undefined;
    const id = `${machine}/engine`;
    const wanted = recorded(record).filter(({ kind }) => !/^(compose|swarm)\./.test(kind) && kind !== "docker.context");
    const outside = await workspace.states(record);
    let address = "";
    const changes = await planChanges({
      wanted,
      records: [structuredClone(record)],
      resourceTypes: await operation.kinds([record], wanted),
      signal,
      outside,
      onSeen: (seen, state) => {
        operation.see(seen, state);
        if (seen === id) address = String(state.address);
      },
    });
    const engine = changes.find((change) => change.id === id);
    return engine && { props: engine.props, address };
  } finally {
    await operation.close();
  }
}
