import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Call, Data, Maybe, Resource, ResourceType, ResourceTypes } from "@machinist/core";
import { fleetScope, installationIdOf, isMachinistError, MachinistError, storeGone, storePlace } from "@machinist/core";
import type { DockerContext } from "./context-files.ts";
import { checkContextName, dockerConfigDir, readContext, removeContext, writeContext } from "./context-files.ts";
import { deselectContext } from "./current-context.ts";
import type { TlsMaterial } from "./engine-api.ts";

export interface ContextKindOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder with a machine's ca.pem, cert.pem and key.pem; undefined where its engine has no TLS. */
  readonly certificates: (machine: string) => Maybe<string | undefined>;
  /** The folder of the store that contexts are made for. */
  readonly store: string;
}

/** Wanted: a context called `name` for the engine of `machine`. */
export type ContextProps = { name: string; machine: string; description: string };

/** `stale` names what the files no longer hold as it is now (`url`, `certificates`, `store`), comma-separated. */
export type ContextState = { name: string; url: string; description: string; digest: string; stale: string };

/** The context of one machine (`NAME/context`), or of a fleet (`@FLEET/context`), pointing at `machine`. Pure. */
export function planContext(options: { machine: string; fleet?: string; description?: string }): Resource {
  const name = options.fleet ?? options.machine;
  return {
    id: options.fleet === undefined ? `${options.machine}/context` : `${fleetScope(options.fleet)}/context`,
    kind: "docker.context",
    props: { name, machine: options.machine, description: options.description ?? `machinist: ${name}` },
    parents: [`${options.machine}/engine`],
  };
}

/** Kind `docker.context`: a docker CLI context, written and removed as files. Contexts that others made are never touched. */
export function contextResourceTypes(options: ContextKindOptions): ResourceTypes {
  return { "docker.context": contextKind(options) };
}

function contextKind({ env, certificates, store }: ContextKindOptions): ResourceType<ContextProps, ContextState> {
  const configDir = dockerConfigDir(env);

  const wanted = async (call: Call<ContextProps>): Promise<DockerContext | undefined> => {
    const url = urlSeen(call);
    if (url === undefined) return undefined;
    const folder = await certificates(call.props.machine);
    const tls = folder === undefined ? undefined : await materialIn(folder, call.props.machine);
    const { name, description } = call.props;
    const place = await storePlace(store);
    return { name, description, url, owner: call.owner, store: place, ...(tls === undefined ? {} : { tls }) };
  };
  /** Throws where another's has the name. */
  const demandFree = async ({ props, owner }: Call<ContextProps>): Promise<DockerContext | undefined> => {
    checkContextName(props.name);
    const there = await readContext(configDir, props.name);
    if (there !== undefined && there.owner !== owner && !(await isLeft(there))) throw taken(props.name);
    return there;
  };
  const write = async (call: Call<ContextProps>): Promise<ContextState> => {
    const there = await demandFree(call);
    if (there !== undefined && there.owner !== call.owner)
      call.log(`The docker context ${call.props.name} was left by a store that is gone; it is taken over`);
    const context = await wanted(call);
    if (context === undefined)
      throw new MachinistError("context.no-engine", `Docker on ${call.props.machine} has no address yet`, {
        retryable: true,
      });
    await writable(configDir, () => writeContext(configDir, context));
    return stateOf(context, context);
  };
  return {
    read: async (call) => {
      const there = await readContext(configDir, call.state?.name ?? call.props.name);
      if (there === undefined || there.owner !== call.owner) return undefined;
      return stateOf(there, await wanted(call).catch(ofFormerName));
    },
    checkCreate: async (call) => void (await demandFree(call)),
    checkCreateAlone: true,
    create: write,
    update: write,
    delete: async ({ state, owner, log }) => {
      const there = await readContext(configDir, state.name);
      if (there === undefined || there.owner !== owner) return;
      await writable(configDir, async () => {
        if (await deselectContext(configDir, state.name))
          log(`The docker context ${state.name} was selected; docker uses its default again`);
        await removeContext(configDir, state.name);
      });
    },
    drift: (state, props) => [
      ...(state.stale === "" ? [] : state.stale.split(",")),
      ...(state.description === props.description ? [] : ["description"]),
    ],
    requiresReplace: ["name"],
  };
}

/** The machine has another name by now, and this context goes: it need not be compared. */
function ofFormerName(thrown: unknown): undefined {
  if (!isMachinistError(thrown) || thrown.code !== "machine.unknown") throw thrown;
}

/** Whether a machinist made it whose store is there no more: nobody else would ever remove it. */
const isLeft = async ({ owner = "", store }: DockerContext): Promise<boolean> =>
  store !== undefined && (await storeGone(store, installationIdOf(owner)));

function stateOf(there: DockerContext, wanted: DockerContext | undefined): ContextState {
  const stale: string[] = [];
  if (wanted !== undefined && wanted.url !== there.url) stale.push("url");
  if (wanted !== undefined && digestOf(wanted.tls) !== digestOf(there.tls)) stale.push("certificates");
  // A store that was moved says where it is now.
  if (wanted !== undefined && wanted.store?.path !== there.store?.path) stale.push("store");
  const { name, url, description } = there;
  return { name, url, description, digest: digestOf(there.tls), stale: stale.join(",") };
}

/** Of the certificates alone: nothing in a record leads back to the key. */
const digestOf = (tls: TlsMaterial | undefined): string =>
  tls === undefined ? "" : createHash("sha256").update(`${tls.ca}\0${tls.cert}`).digest("hex");

function urlSeen(call: Call<ContextProps>): string | undefined {
  const urlIn = (state: Data | undefined) => (typeof state?.url === "string" ? state.url : undefined);
  const own = urlIn(call.dependencies[`${call.props.machine}/engine`]);
  return (
    own ??
    Object.values(call.dependencies)
      .map(urlIn)
      .find((url) => url !== undefined)
  );
}

async function materialIn(folder: string, machine: string): Promise<TlsMaterial> {
  const read = async (pem: string) => {
    try {
      return await readFile(join(folder, `${pem}.pem`), "utf8");
    } catch (cause) {
      throw new MachinistError("context.no-certificates", `The ${pem} certificate file of ${machine} cannot be read`, {
        cause,
        hint: `Make new ones: machinist regenerate-certs ${machine}`,
      });
    }
  };
  const [ca, cert, key] = await Promise.all([read("ca"), read("cert"), read("key")]);
  return { ca, cert, key };
}

/** What the file system refuses is told as what it is. */
async function writable<T>(configDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code = "", path = configDir } = cause as NodeJS.ErrnoException;
    if (!["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOSPC", "EDQUOT"].includes(code)) throw cause;
    throw new MachinistError("context.unwritable", `${path} cannot be written: ${code}`, {
      cause,
      hint: "Make docker's own folder yours (DOCKER_CONFIG, ~/.docker), or set contexts: false",
    });
  }
}

const taken = (name: string): MachinistError =>
  new MachinistError("context.taken", `There is a docker context "${name}" that was not made here`, {
    hint: `Rename or remove it (docker context rm ${name}), or set contexts: false.`,
  });
