import { join } from "node:path";

/** The private keys that OpenSSH tries where none is named, in its order: paths in the user's home folder. */
export const userKeysOf = (home: string): string[] =>
  ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => join(home, ".ssh", name));
