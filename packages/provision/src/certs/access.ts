import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import { inspect } from "./inspect.ts";
import { readIfThere, replace } from "./publish.ts";
import { issue, newKey, type Pair } from "./sign.ts";

/** A person who may use engines of this store with a certificate of their own. Holds no secret. */
export interface Grant {
  readonly name: string;
  /**
   * The person's certificate (PEM). It is signed by itself, and engines trust just it: whose it is can be taken out of
   * an engine's trust alone, which no certificate of a common authority can.
   */
  readonly cert: string;
  /** ISO 8601. */
  readonly since: string;
  /** When the certificate ends, ISO 8601. */
  readonly until: string;
  /** The certificate's serial number, hexadecimal. */
  readonly serial: string;
  /** Where it holds; neither: on all machines of the store. */
  readonly machines?: readonly string[];
  readonly fleets?: readonly string[];
  /** SHA-256 of the CAs in the ca.pem that the person was handed, to know engines by. */
  readonly authorities?: readonly string[];
  /** Since when it should hold nowhere, ISO 8601. The grant is kept until every machine has taken it out. */
  readonly revoked?: string;
}

/** Whether a grant should hold on a machine. */
export const covers = ({ machines, fleets, revoked }: Grant, machine: string, fleet: string): boolean =>
  revoked === undefined &&
  ((machines === undefined && fleets === undefined) ||
    machines?.includes(machine) === true ||
    fleets?.includes(fleet) === true);

/** The people who have access, each a file beside the CA. */
export interface AccessList {
  /** Sorted by name. Throws `access.unreadable`. */
  all(): Promise<Grant[]>;
  find(name: string): Promise<Grant | undefined>;
  put(grant: Grant): Promise<void>;
  /** Forget one; already gone is success. */
  drop(name: string): Promise<void>;
}

/** `folder`: the store's `certs` folder. */
export function createAccessList(folder: string): AccessList {
  const place = join(folder, "access");
  const pathOf = (name: string): string => join(place, `${name}.json`);
  const find = async (name: string): Promise<Grant | undefined> => {
    const text = await readIfThere(pathOf(name));
    return text === undefined ? undefined : parse(text, pathOf(name));
  };
  return {
    find,
    all: async () => {
      const files = await readdir(place).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return [];
        throw new MachinistError("certs.read", `${place} cannot be read`, {
          cause,
          hint: "Check who owns it and its permissions: ls -l",
        });
      });
      const names = files.filter((file) => /^[^.].*\.json$/.test(file)).map((file) => file.slice(0, -5));
      const grants = await Promise.all(names.sort().map(find));
      return grants.filter((grant) => grant !== undefined);
    },
    put: (grant) => replace(pathOf(grant.name), `${JSON.stringify(grant, undefined, 2)}\n`, 0o600),
    drop: (name) => rm(pathOf(name), { force: true }),
  };
}

/** A person's own pair; the certificate signs itself. */
export async function issuePersonal(name: string, days: number): Promise<Pair> {
  const key = await newKey();
  return { key, cert: await issue({ role: "client", organization: name, key, days }) };
}

/** What is kept of a person's certificate. Throws `certs.unreadable`. */
export function grantOf(name: string, cert: string, where: Pick<Grant, "machines" | "fleets">): Grant {
  const { notBefore, expires, serial } = inspect(cert);
  return { name, cert, since: notBefore, until: expires, serial, ...where };
}

function parse(text: string, path: string): Grant {
  try {
    const found = JSON.parse(text) as Grant;
    inspect(found.cert);
    if (typeof found.name === "string" && typeof found.until === "string") return found;
  } catch {
    // Said below.
  }
  throw new MachinistError("access.unreadable", `${path} does not say whom it gives access`, {
    hint: `Remove it, and engines stop trusting whomever it named with the next provision: rm ${path}`,
  });
}
