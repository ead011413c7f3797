import { resolve } from "node:path";
import { type FleetSpec, MachinistError } from "@machinist/core";
import { told } from "./failure.ts";
import type { Session } from "./session.ts";
import { usage } from "./usage.ts";

/** What the named manifests declare, or the one of this folder. Its warnings are shown, if nothing else is said. */
export async function readFleet(
  session: Session,
  files: readonly string[] | undefined,
  warn = (warning: string) => session.warn(warning),
): Promise<FleetSpec> {
  const { io, services } = session;
  const found = await named(session, files);
  const { spec, warnings } = await services
    .readManifest(found, { env: io.env, cwd: io.cwd })
    .catch((thrown: unknown) => Promise.reject(withNextStep(thrown, files)));
  for (const warning of warnings) warn(warning);
  return spec;
}

/** Whole paths of the manifests that {@link readFleet} reads. */
export async function manifestFiles(session: Session, files: readonly string[] | undefined): Promise<string[]> {
  return (await named(session, files)).map((file) => resolve(session.io.cwd, file));
}

async function named(session: Session, files: readonly string[] | undefined): Promise<readonly string[]> {
  const found = files ?? (await inFolder(session));
  if (found !== undefined) return found;
  throw usage(
    "no-manifest",
    `There is no machines.yaml in ${session.io.cwd}`,
    "Name one with -f FILE, or make single machines with `machinist create NAME`.",
  );
}

/** Most mistakes say themselves how they are mended; what to type then is always the same. */
function withNextStep(thrown: unknown, files: readonly string[] | undefined): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code, message, hint } = told(thrown);
  if (!code.startsWith("manifest.") || hint !== undefined) return thrown;
  return new MachinistError(code, message, {
    cause: thrown,
    hint: `Nothing was changed. Correct the file, then see what it would do: machinist plan${filesTyped(files)}`,
  });
}

async function inFolder({ io, services }: Session): Promise<string[] | undefined> {
  const path = await services.findManifest(io.cwd);
  return path === undefined ? undefined : [path];
}

/** `-f a -f b` as it was typed, for a command to repeat. */
export const filesTyped = (files: readonly string[] | undefined): string =>
  (files ?? []).map((file) => ` -f ${file}`).join("");
