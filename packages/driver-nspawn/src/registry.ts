import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import { withLock } from "./lock.ts";
import { bridgeName } from "./paths.ts";
import { chooseSubnet, machineAddresses } from "./subnet.ts";

/** A network as it was decided; it outlives its bridge, which goes when the computer is switched off. */
export interface Definition {
  readonly owner: string;
  readonly bridge: string;
  readonly subnet: string;
}

/** Who has an address: it is free again when the folder is gone, and was not moved with its store. */
interface Claim {
  readonly owner: string;
  readonly folder: string;
}

/** One file, so that a network is there whole or not at all; its addresses lie in a folder beside it. */
const definitionPath = (networks: string, owner: string): string => join(networks, `${owner}.json`);
const addressesOf = (networks: string, owner: string): string => join(networks, owner);

export async function findDefinition(networks: string, owner: string): Promise<Definition | undefined> {
  return readJson<Definition>(definitionPath(networks, owner));
}

/** The network of this owner; if it is new, `inUse` says which ranges cannot be chosen. */
export function define(
  networks: string,
  owner: string,
  inUse: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<Definition> {
  return withLock(
    join(networks, ".lock"),
    async () => {
      const known = await findDefinition(networks, owner);
      if (known) return known;
      const subnet = chooseSubnet([...(await inUse()), ...(await definedSubnets(networks))]);
      if (subnet === undefined)
        throw new MachinistError("nspawn.subnet", "No private network range is free on this computer", {
          hint: "See which are in use: ip -4 route show table all",
        });
      const definition = { owner, bridge: bridgeName(owner), subnet };
      await writeWhole(definitionPath(networks, owner), definition);
      return definition;
    },
    { signal },
  );
}

/** The definition goes last: what is interrupted in here is found and done again. */
export async function forget(networks: string, owner: string): Promise<void> {
  const entries = await readdir(networks).catch(() => []);
  for (const entry of entries)
    if (entry === owner || entry.startsWith(`${owner}.`))
      if (entry !== `${owner}.json`) await rm(join(networks, entry), { recursive: true, force: true });
  await rm(definitionPath(networks, owner), { force: true });
}

async function definedSubnets(networks: string): Promise<string[]> {
  const subnets: string[] = [];
  for (const name of await readdir(networks)) {
    // A draft whose writer was killed: drafts are written under the lock that is held here.
    if (name.endsWith(".new")) await rm(join(networks, name), { force: true });
    const known = name.endsWith(".json") ? await readJson<Definition>(join(networks, name)) : undefined;
    if (known) subnets.push(known.subnet);
  }
  return subnets;
}

/**
 * An address that no other machine of this network has; asked again, a machine gets the one it has. `here`: the owner tags
 * of the machines in this store, which may have been somewhere else when they got theirs.
 */
export function claimAddress(
  networks: string,
  network: Pick<Definition, "owner" | "subnet">,
  claim: Claim,
  signal: AbortSignal,
  here: () => Promise<ReadonlySet<string>> = async () => new Set<string>(),
): Promise<string> {
  const folder = addressesOf(networks, network.owner);
  const pick = async (): Promise<string> => {
    await mkdir(folder, { recursive: true });
    const taken = await liveClaims(folder, await here());
    const own = [...taken].find(([, holder]) => holder.owner === claim.owner);
    if (own && own[1].folder !== claim.folder) await writeWhole(join(folder, own[0]), claim);
    if (own) return own[0];
    const free = machineAddresses(network.subnet).find((address) => !taken.has(address));
    if (free === undefined)
      throw new MachinistError("nspawn.addresses", `All addresses of ${network.subnet} are in use`, {
        hint: "Remove machines of this fleet, or put some in another fleet",
      });
    await writeWhole(join(folder, free), claim);
    return free;
  };
  return withLock(join(networks, `${network.owner}.lock`), pick, { signal });
}

export const releaseAddress = (networks: string, networkOwner: string, address: string): Promise<void> =>
  rm(join(addressesOf(networks, networkOwner), address), { force: true });

async function liveClaims(folder: string, here: ReadonlySet<string>): Promise<Map<string, Claim>> {
  const live = new Map<string, Claim>();
  for (const address of await readdir(folder)) {
    const claim = address.endsWith(".new") ? undefined : await readJson<Claim>(join(folder, address));
    if (claim && (here.has(claim.owner) || (await exists(claim.folder)))) live.set(address, claim);
    else await rm(join(folder, address), { force: true });
  }
  return live;
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** JSON that is there whole or not at all. Undefined where it is not there; throws `nspawn.corrupt` where it is broken. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
    throw thrown;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new MachinistError("nspawn.corrupt", `${path} cannot be understood`, {
      cause,
      hint: "It was changed by something else; restore it, or remove the folder it is in to give its machine up",
    });
  }
}

export async function writeWhole(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(draft, path);
}
