import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { seedImage, userData } from "@machinist/cloud-init";
import { type Call, MachinistError, writeAtomic } from "@machinist/core";
import { writeIdentity } from "@machinist/ssh";
import type { MachineProps } from "./settings.ts";

export const seedPath = (folder: string): string => join(folder, "seed.iso");

/** What the machine is at its first boot. Its host key is made here and known here; nobody else can read the file. */
export async function writeSeed(call: Call<MachineProps>, folder: string, network: string): Promise<string> {
  const { props, owner } = call;
  const hostKey = await writeIdentity(folder, props.name);
  const theirs = props.userData === "" ? undefined : await readUserData(props.userData);
  const image = seedImage({
    userData: userData({
      hostname: props.name,
      authorizedKeys: [props.publicKey],
      hostKey: { privateKey: await readFile(hostKey.path, "utf8"), publicKey: hostKey.publicKey },
      ...(theirs === undefined ? {} : { userData: theirs }),
    }),
    metaData: { instanceId: owner, localHostname: props.name },
    networkConfig: network,
  });
  const path = seedPath(folder);
  await writeAtomic(path, image, 0o600);
  return path;
}

export const readUserData = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new MachinistError("virtualbox.user-data", `The user-data ${path} cannot be read (${cause.code})`, {
      cause,
      hint: "Check the path, and who may read it",
    });
  });
