import { MachinistError } from "@machinist/core";
import { checkAuthority } from "./authority-check.ts";
import { authorityFiles } from "./authority-files.ts";
import { matches } from "./inspect.ts";
import { publish } from "./publish.ts";
import type { Pair } from "./sign.ts";

/** What was made elsewhere, in PEM. */
export interface GivenPairs {
  readonly ca?: Pair;
  readonly client?: Pair;
}

/**
 * Have a store's `certs` folder start with pairs that were made elsewhere; where it has just these, nothing happens.
 * Throws `certs.given` where it has others, `certs.unreadable`, `certs.ca-mismatch` or `certs.ca-expired` where they can
 * sign nothing.
 */
export async function adoptPairs(folder: string, { ca, client }: GivenPairs): Promise<void> {
  const paths = authorityFiles(folder);
  if (ca !== undefined) {
    checkAuthority(ca, "the certificate authority that was given");
    await keepFirst({ key: paths.caKey, cert: paths.ca }, ca);
  }
  if (client !== undefined) {
    if (!isPair(client))
      throw new MachinistError(
        "certs.given",
        "The client certificate and the key that were given do not belong together",
        {
          hint: "Give both files of one pair",
        },
      );
    await keepFirst({ key: paths.key, cert: paths.cert }, client);
  }
}

/** The key first: whoever comes in between makes no other for the certificate. */
async function keepFirst(paths: { readonly key: string; readonly cert: string }, { cert, key }: Pair): Promise<void> {
  const kept = (await publish(paths.key, key, 0o600)) === key && (await publish(paths.cert, cert, 0o644)) === cert;
  if (kept) return;
  throw new MachinistError("certs.given", `The store has another pair already: ${paths.cert}`, {
    hint: "Leave the given one out, or use a store of its own for it: --storage-path",
  });
}

function isPair({ cert, key }: Pair): boolean {
  try {
    return matches(cert, key);
  } catch {
    return false;
  }
}
