import { gunzipSync, gzipSync } from "node:zlib";
import { MachinistError } from "@machinist/core";
import { type Bundle, inspected, notOurs } from "./inspect.ts";

/** Shorter ones are guessed: the file may lie around for years. */
const SHORTEST = 8;
/** More is no export of ours. Bytes. */
const MOST = 64 * 2 ** 20;

/** Throws `export.passphrase`. */
export function checkPassphrase(passphrase: string): void {
  if (passphrase.length >= SHORTEST) return;
  throw new MachinistError("export.passphrase", `The passphrase is shorter than ${SHORTEST} characters`, {
    hint: "The file holds keys that open the machines: choose several words",
  });
}

/** Encrypt with a passphrase, in the age format (age-encryption.org/v1): `age -d FILE | gunzip` reads it, too. */
export async function seal(bundle: Bundle, passphrase: string): Promise<Uint8Array> {
  checkPassphrase(passphrase);
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(gzipSync(JSON.stringify(bundle)));
}

/** Throws `import.passphrase`, `import.file`, `import.version`. */
export async function open(data: Uint8Array, passphrase: string): Promise<Bundle> {
  if (data.length > MOST || !Buffer.from(data.subarray(0, 22)).equals(Buffer.from("age-encryption.org/v1\n")))
    throw notOurs("it is no encrypted file");
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let packed: Uint8Array;
  try {
    packed = await decrypter.decrypt(data);
  } catch (cause) {
    throw new MachinistError("import.passphrase", "The file cannot be opened with this passphrase", {
      cause,
      hint: "Ask whoever exported it; if the passphrase is right, the file was damaged on its way",
    });
  }
  let bundle: { readonly version?: unknown } | undefined;
  try {
    bundle = JSON.parse(gunzipSync(packed, { maxOutputLength: MOST }).toString("utf8"));
  } catch (cause) {
    throw notOurs("what is in it cannot be read", cause);
  }
  if (typeof bundle?.version === "number" && bundle.version > 1)
    throw new MachinistError("import.version", `The file was made by a newer machinist (version ${bundle.version})`, {
      hint: "Upgrade machinist: npm install -g @machinist/cli",
    });
  return inspected(bundle);
}
