import type { ComposeSpec, ComposeWait, FleetSpec, Resource, StackSpec } from "@machinist/core";
import { fleetScope, MachinistError } from "@machinist/core";
import { bundleProject } from "./bundle.ts";
import type { ContentCache } from "./content-cache.ts";
import type { Environment } from "./environment.ts";
import { checkLocally } from "./local-compose.ts";
import { checkStackLocally } from "./local-stack.ts";
import { demandLogins } from "./registry-logins.ts";
import { remoteProject } from "./remote-scripts.ts";
import { bundleStack } from "./stack-bundle.ts";

/** What is wanted of a project or a stack. Files are local and absolute. */
export type ComposeProps = {
  name: string;
  files: string[];
  envFiles: string[];
  profiles: string[];
  /** Of everything carried along. */
  digest: string;
};
/** What is asked for beside that; the rest of its props only where it is. */
export type ProjectProps = ComposeProps & {
  machine: string;
  env?: string[];
  wait?: ComposeWait;
  timeoutMs?: number;
  /** How long a service has to run before it is ready, in ms. */
  steadyMs?: number;
  /** Also replace carried files that somebody on the machine has written to. */
  overwriteData?: boolean;
  /** Registries that it is logged in to as it is brought up. */
  registries?: string[];
};
export type StackProps = ComposeProps & {
  /** Those that are to be there. */
  services: string[];
  env?: string[];
  /** Registries that it is logged in to as it is deployed. */
  registries?: string[];
  steadyMs?: number;
};

/** As if it were a prop: that a project is to be brought up once more, and replaces what somebody on the machine has written to. */
export const OVERWRITE = "overwrite-data";

/** Props that say what of this computer is carried: whoever hands a machine over does not say that of another's computer. */
export const local = ["files", "envFiles", "env", "registries"];

/** Throws `compose.imported` for a project or stack that came without its files, with a machine of another store. */
export function refuseImported({ name, files }: ComposeProps, what: string): void {
  if (files.length > 0) return;
  throw new MachinistError(
    "compose.imported",
    `The files of ${what} ${name} are on the computer that it was imported from`,
    {
      hint: "Copy its machines.yaml and compose files here, then: machinist up",
    },
  );
}

/**
 * A project on one machine: `MACHINE/compose:NAME`. Reads the local files, those that have changed since they were read into the
 * `cache`; throws what bundling them throws.
 */
export async function planCompose(
  spec: ComposeSpec,
  environment: Environment = process.env,
  cache?: ContentCache,
): Promise<Resource> {
  checkName(spec.name, "project");
  const hashes = cache?.project(spec);
  const bundle = await bundleProject(spec, { environment, place: remoteProject(spec.name), hashes });
  await checkLocally(spec, bundle, environment);
  const { env, wait, timeoutMs, steadyMs, overwriteData, registries = [] } = spec;
  await demandLogins(registries, environment);
  const props: ProjectProps = {
    ...common(spec, spec.profiles, bundle.digest),
    machine: spec.machine,
    ...(env === undefined || env.length === 0 ? {} : { env: [...env] }),
    ...(wait === undefined ? {} : { wait }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(steadyMs === undefined ? {} : { steadyMs }),
    ...(overwriteData ? { overwriteData } : {}),
    ...(registries.length > 0 ? { registries: [...registries] } : {}),
  };
  return {
    id: `${spec.machine}/compose:${spec.name}`,
    kind: "compose.project",
    props,
    parents: [`${spec.machine}/engine`],
  };
}

/** A stack on the fleet's Swarm: `@FLEET/stack:NAME`, after all members have joined. Reads the local files, as {@link planCompose} does. */
export async function planStack(
  spec: StackSpec,
  fleet: FleetSpec,
  environment: Environment = process.env,
): Promise<Resource> {
  checkName(spec.name, "stack");
  const bundle = await bundleStack(spec, { environment });
  const { digest, services } = bundle;
  await checkStackLocally(spec, bundle, environment);
  const { env = [], registries = [], steadyMs } = spec;
  await demandLogins(registries, environment);
  const props: StackProps = {
    ...{ ...common(spec, [], digest), services: [...services] },
    ...(env.length === 0 ? {} : { env: [...env] }),
    ...(registries.length === 0 ? {} : { registries: [...registries] }),
    ...(steadyMs === undefined ? {} : { steadyMs }),
  };
  const members = fleet.machines.filter((machine) => machine.swarm !== undefined);
  const scope = fleetScope(fleet.name);
  return {
    id: `${scope}/stack:${spec.name}`,
    kind: "swarm.stack",
    props,
    parents: [`${scope}/swarm`],
    after: members.map((member) => `${member.name}/swarm`),
  };
}

const common = (
  spec: { readonly name: string; readonly files: readonly string[]; readonly envFiles?: readonly string[] },
  profiles: readonly string[] | undefined,
  digest: string,
): ComposeProps => ({
  name: spec.name,
  files: [...spec.files],
  envFiles: [...(spec.envFiles ?? [])],
  profiles: [...(profiles ?? [])],
  digest,
});

/** Docker's own rule for project names; it also keeps names safe as folder names. */
function checkName(name: string, what: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
  throw new MachinistError("compose.name", `"${name}" is no name for a ${what}`, {
    hint: "Use lower-case letters, digits, - and _, beginning with a letter or digit.",
  });
}
