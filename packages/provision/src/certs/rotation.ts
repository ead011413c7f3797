import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { authorityFiles } from "./authority-files.ts";
import { bundleOf, certificatesIn, fingerprintsIn } from "./bundle.ts";
import { inspect } from "./inspect.ts";
import { readIfThere, replace, replaceTogether } from "./publish.ts";
import { issue, newKey } from "./sign.ts";

/**
 * How far the change to a new CA has come. `prepared`: it is made, and trusted by nobody yet. `introduce`: both are trusted here, the old one signs. `exchange`: both are
 * trusted, the new one signs, and engines follow. `drop`: the new one alone is trusted here; machines may still be behind.
 */
export type RotationPhase = "prepared" | "introduce" | "exchange" | "drop";

/**
 * The change of a store's CA. What it has come to is told by the files alone: `ca.pem` holds whom machines should trust,
 * its first certificate being the one that `ca-key.pem` signs with, and the folder `rotation` is there until the last
 * machine has followed. Every step may be repeated.
 */
export interface Rotation {
  /** Undefined while no change is under way. */
  phase(): Promise<RotationPhase | undefined>;
  /** Make the new CA, for people to be told of before the change. */
  prepare(): Promise<void>;
  /** The new CA's certificate; undefined where no change was prepared or begun. */
  next(): Promise<string | undefined>;
  /** Make the new CA, and have it trusted beside the old one. */
  introduce(): Promise<void>;
  /** Let the new CA sign from now on. */
  exchange(): Promise<void>;
  /** Trust the new CA alone. */
  drop(): Promise<void>;
  /** All machines have followed: nothing of the change is kept. */
  finish(): Promise<void>;
  /** Finish an exchange that was cut off between two files. False where there is none. */
  heal(): Promise<boolean>;
}

export function createRotation(folder: string, organization: string): Rotation {
  const present = authorityFiles(folder);
  const place = join(folder, "rotation");
  const next = authorityFiles(place);

  const phase = async (): Promise<RotationPhase | undefined> => {
    const [fresh, trusted] = await Promise.all([readIfThere(next.ca), readIfThere(present.ca)]);
    if (fresh === undefined) return undefined;
    const all = fingerprintsIn(trusted ?? "");
    const [wanted] = fingerprintsIn(fresh);
    if (wanted !== undefined && !all.includes(wanted)) return "prepared";
    const [signer = ""] = certificatesIn(trusted ?? "");
    if (wanted === undefined || fingerprintsIn(signer)[0] !== wanted) return "introduce";
    return all.length > 1 ? "exchange" : "drop";
  };

  const exchange = async (): Promise<void> => {
    const [ca, caKey, trusted] = await Promise.all([next.ca, next.caKey, present.ca].map(readIfThere));
    if (ca === undefined || caKey === undefined) return;
    await replaceTogether([
      { path: present.caKey, content: caKey, mode: 0o600 },
      { path: present.ca, content: bundleOf(ca, trusted ?? ""), mode: 0o644 },
    ]);
  };

  const prepare = async (): Promise<void> => {
    if ((await readIfThere(next.ca)) === undefined) await makeNext(folder, place, organization);
  };

  return {
    phase,
    prepare,
    next: () => readIfThere(next.ca),
    exchange,
    introduce: async () => {
      await prepare();
      const [fresh = "", trusted = ""] = await Promise.all([readIfThere(next.ca), readIfThere(present.ca)]);
      const both = bundleOf(trusted, fresh);
      if (both !== trusted) await replace(present.ca, both, 0o644);
    },
    drop: async () => {
      const fresh = await readIfThere(next.ca);
      if (fresh !== undefined) await replace(present.ca, fresh, 0o644);
    },
    finish: () => rm(place, { recursive: true, force: true }),
    heal: async () => {
      const [fresh, signing] = await Promise.all([readIfThere(next.caKey), readIfThere(present.caKey)]);
      if (fresh === undefined || fresh !== signing) return false;
      await exchange();
      return true;
    },
  };
}

/** The new CA, whole or not at all. */
async function makeNext(folder: string, place: string, organization: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const building = await mkdtemp(join(folder, ".rotation-"));
  try {
    const files = authorityFiles(building);
    const key = await newKey();
    await replace(files.caKey, key, 0o600);
    await replace(files.ca, await newAuthority(organization, key), 0o600);
    await rename(building, place);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Its name is unlike the old one's: some libraries look for an issuer by its name alone. */
async function newAuthority(organization: string, key: string): Promise<string> {
  const draft = await issue({ role: "ca", organization, key });
  const mark = inspect(draft).serial.slice(-8).toLowerCase();
  return issue({ role: "ca", organization: `${organization}.ca-${mark}`, key });
}
