import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { OwnedResource } from "@machinist/core";
import type { Places } from "./paths.ts";
import { exists, findDefinition, readJson } from "./registry.ts";

const ownerMark = /^m[a-z2-7]{14}-[a-z0-9-]+$/;

/**
 * What there is on this computer of machines and networks, whichever store made them: machines that run, machines that
 * have an address and a folder, networks that were decided.
 */
export async function objectsHere(places: Places): Promise<OwnedResource[]> {
  const networks = await networksHere(places.networks);
  const claims = await Promise.all(networks.map(({ owner }) => claimed(join(places.networks, owner))));
  const folders = new Map([...(await running()), ...claims.flat()]);
  const machines = await Promise.all([...folders].map(([owner, folder]) => machine(owner, folder)));
  return [...machines.flat(), ...networks];
}

async function machine(owner: string, folder: string): Promise<OwnedResource[]> {
  const createdAt = await madeAt(folder);
  return [
    {
      kind: "nspawn.machine",
      owner,
      fleet: "",
      // A machine's folder is NAME/nspawn/OWNER.
      label: `${basename(dirname(dirname(folder)))} (${owner})`,
      state: { owner, folder },
      ...(createdAt === undefined ? {} : { createdAt }),
    },
  ];
}

/** Owners of machines that run, and their folders, as the command lines of systemd-nspawn have them. */
async function running(): Promise<[owner: string, folder: string][]> {
  const found: [string, string][] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "")).split("\0");
    const owner = valueAfter(words, "--machine=");
    const tree = valueAfter(words, "--directory=");
    if (owner && tree && ownerMark.test(owner)) found.push([owner, dirname(tree)]);
  }
  return found;
}

const valueAfter = (words: readonly string[], flag: string): string | undefined =>
  words.find((word) => word.startsWith(flag))?.slice(flag.length);

async function claimed(addresses: string): Promise<[owner: string, folder: string][]> {
  const found: [string, string][] = [];
  for (const name of await readdir(addresses).catch(() => [])) {
    const claim = name.endsWith(".new")
      ? undefined
      : await readJson<{ owner: string; folder: string }>(join(addresses, name));
    if (claim && ownerMark.test(claim.owner) && (await exists(claim.folder))) found.push([claim.owner, claim.folder]);
  }
  return found;
}

async function networksHere(folder: string): Promise<OwnedResource[]> {
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return [];
    throw thrown;
  });
  const owners = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  const found = await Promise.all(
    owners
      .filter((owner) => ownerMark.test(owner))
      .map(async (owner): Promise<OwnedResource[]> => {
        const definition = await findDefinition(folder, owner);
        const createdAt = await madeAt(join(folder, `${owner}.json`));
        if (!definition) return [];
        const label = `${definition.bridge} (${definition.subnet})`;
        const state = { ...definition, nat: true };
        return [
          {
            kind: "nspawn.network",
            owner,
            fleet: "",
            label,
            state,
            ...(createdAt === undefined ? {} : { createdAt }),
          },
        ];
      }),
  );
  return found.flat();
}

const madeAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ birthtimeMs, mtimeMs }) => Math.round(birthtimeMs || mtimeMs),
    () => undefined,
  );
