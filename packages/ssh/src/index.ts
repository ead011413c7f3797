export { fingerprint } from "./fingerprint.ts";
export { createHosts, type HostPool, type HostsOptions } from "./hosts.ts";
export { type Identity, writeIdentity } from "./identity.ts";
export { type KeyPair, makeKeyPair, publicKeyOf } from "./key-pair.ts";
export { checkPrivateKey } from "./private-key.ts";
export type { SshTarget } from "./route.ts";
export { tarOf } from "./tar-writer.ts";
