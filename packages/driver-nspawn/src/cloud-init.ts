import { readFile } from "node:fs/promises";
import { type Data, MachinistError } from "@machinist/core";

/** What cloud-init finds in its NoCloud seed folder at the first boot. */
export interface Seed {
  readonly userData: string;
  readonly metaData: string;
}

/**
 * How cloud-init is set up in an image that has it: it takes the seed, leaves the network alone (the address is in the
 * tree already), lets root in as everywhere in these machines, and keeps apt's mirror. Without a seed it must stay off,
 * since it would replace the host key. Were the seed the only source named, it would believe in it unseen.
 */
const CONFIG = `datasource_list: [NoCloud, ConfigDrive, None]
network: {config: disabled}
disable_root: false
apt: {preserve_sources_list: true}
`;

/** bookworm's sets a locale with a program that a small image does not have, and fails. */
const MORE: { readonly [release: string]: string } = { bookworm: "locale: false\n" };

/** Files for an image with these packages. Pure. */
export const cloudFiles = (release: string, packages: readonly string[]): { path: string; content: string }[] =>
  packages.includes("cloud-init")
    ? [{ path: "etc/cloud/cloud.cfg.d/90_machinist.cfg", content: CONFIG + (MORE[release] ?? "") }]
    : [];

const FOLDER = "var/lib/cloud/seed/nocloud";

/** Secrets may be in there. Pure. */
export const seedFiles = ({ userData, metaData }: Seed): { path: string; content: string; mode: number }[] => [
  { path: `${FOLDER}/user-data`, content: userData, mode: 0o600 },
  { path: `${FOLDER}/meta-data`, content: metaData, mode: 0o600 },
];

/** Throws `nspawn.user-data` where user-data is given that cannot be read, or that nothing in the machine would. */
export async function checkUserData(options: Data): Promise<void> {
  const path = options["user-data"];
  if (typeof path !== "string" || path === "") return;
  await read(path);
  if (!((options.packages ?? []) as string[]).includes("cloud-init"))
    throw new MachinistError("nspawn.user-data", "There is user-data, but no cloud-init in the image to read it", {
      hint: "Add the option packages: cloud-init",
    });
}

/** JSON is YAML. */
export async function readSeed(
  owner: string,
  props: { userData?: string; metaData?: string; hostname: string; publicKey: string },
): Promise<Seed> {
  const userData = await read(props.userData ?? "");
  if (props.metaData !== undefined) return { userData, metaData: await read(props.metaData) };
  const entries = { "instance-id": owner, "local-hostname": props.hostname, "public-keys": [props.publicKey.trim()] };
  return { userData, metaData: `${JSON.stringify(entries)}\n` };
}

const read = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: unknown) => {
    throw new MachinistError("nspawn.user-data", `The user-data ${path} cannot be read`, {
      cause,
      hint: "Check the path of the option user-data",
    });
  });
