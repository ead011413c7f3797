import { join } from "node:path";

/** docker-machine's names for what a store's `certs` folder holds. */
export const authorityFiles = (folder: string) => ({
  ca: join(folder, "ca.pem"),
  caKey: join(folder, "ca-key.pem"),
  cert: join(folder, "cert.pem"),
  key: join(folder, "key.pem"),
});
