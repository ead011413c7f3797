import { access, constants, stat, statfs } from "node:fs/promises";
import { asMachinistError } from "@machinist/core";
import type { Check, MachineView, RunControl } from "../api.ts";
import type { Services } from "../services.ts";
import type { Workspace } from "../workspace.ts";
import { checkHooks, checkLeases } from "./check-hooks.ts";
import { checkCertificates, checkEngineCertificates } from "./doctor-certificates.ts";
import { viewDrivers } from "./drivers.ts";
import { viewMachines } from "./machines.ts";

/** Records are small, but they, keys and certificates must fit. */
const leastFreeBytes = 1024 * 1024;

/** Look at everything machinist stands on, and at the machines. Changes nothing. */
export async function doctor(
  workspace: Workspace,
  services: Services,
  options: RunControl & { readonly names?: readonly string[] },
): Promise<Check[]> {
  const signal = options.signal ?? new AbortController().signal;
  const parts = await Promise.all([
    checkNode(),
    checkStore(workspace),
    checkCertificates(workspace),
    checkDrivers(workspace, signal),
    checkHooks(workspace),
    checkMachines(workspace, services, options),
    checkLeases(workspace),
  ]);
  return parts.flat();
}

function checkNode(): Check[] {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return [
    major >= 20
      ? { name: "node", status: "ok", message: `Node ${process.versions.node}` }
      : {
          name: "node",
          status: "failed",
          message: `Node ${process.versions.node} is too old`,
          hint: "Install Node 20 or later",
        },
  ];
}

async function checkStore(workspace: Workspace): Promise<Check[]> {
  const { path } = workspace.store;
  try {
    const found = await stat(path);
    if (!found.isDirectory())
      return [
        {
          name: "store",
          status: "failed",
          message: `${path} is not a folder`,
          hint: "Choose another with --storage-path",
        },
      ];
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const free = await statfs(path);
    if (free.bavail * free.bsize < leastFreeBytes)
      return [
        {
          name: "store",
          status: "failed",
          message: `${path} has no room: ${Math.floor((free.bavail * free.bsize) / 1024)} KiB left`,
          hint: "Free some space; what is there stays whole",
        },
      ];
    const open = (found.mode & 0o077) !== 0;
    return [
      open
        ? { name: "store", status: "warning", message: `${path} can be read by others`, hint: `chmod 700 ${path}` }
        : { name: "store", status: "ok", message: path },
    ];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      return [{ name: "store", status: "ok", message: `${path} will be made with the first machine` }];
    return [
      {
        name: "store",
        status: "failed",
        message: `${path} cannot be used: ${wordsOf(cause)}`,
        hint: "Check who owns the folder, or choose another with --storage-path",
      },
    ];
  }
}

function wordsOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EACCES" || code === "EPERM") return "permission is denied";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "ENOTDIR") return "a part of its path is a file";
  return (cause as Error).message;
}

async function checkDrivers(workspace: Workspace, cancel: AbortSignal): Promise<Check[]> {
  const found = await viewDrivers(workspace, cancel);
  return found
    .filter(({ state }) => state !== "missing")
    .map(({ driver, state, message, hint }) => ({
      name: `driver ${driver}`,
      status: ({ ready: "ok", installed: "ok", unusable: "warning" } as const)[state as "ready"] ?? "failed",
      message,
      ...(hint ? { hint } : {}),
    }));
}

async function checkMachines(
  workspace: Workspace,
  services: Services,
  options: RunControl & { readonly names?: readonly string[] },
): Promise<Check[]> {
  let views: MachineView[];
  try {
    views = await viewMachines(workspace, services, options);
  } catch (thrown) {
    const { message, hint } = asMachinistError(thrown);
    return [{ name: "machines", status: "failed", message, ...(hint ? { hint } : {}) }];
  }
  const certificates = await Promise.all(views.map((view) => checkEngineCertificates(workspace, view, options.signal)));
  return views.flatMap((view, index) => [...checkMachine(view), ...(certificates[index] ?? [])]);
}

function checkMachine(view: MachineView): Check[] {
  const name = `machine ${view.name}`;
  if (view.error)
    return [
      { name, status: "failed", message: view.error.message, ...(view.error.hint ? { hint: view.error.hint } : {}) },
    ];
  if (view.info?.incomplete)
    return [{ name, status: "warning", message: "It is incomplete", hint: `To resume: ${view.info.resume}` }];
  return [
    {
      name,
      status: view.state === "running" ? "ok" : "warning",
      message: `${view.state}${view.dockerVersion ? `, Docker ${view.dockerVersion}` : ""}`,
      ...(view.state === "stopped" ? { hint: `machinist start ${view.name}` } : {}),
    },
  ];
}
