declare module "node-forge/lib/pki.js" {
  import type { pki } from "node-forge";

  const loaded: typeof pki;
  export default loaded;
}
