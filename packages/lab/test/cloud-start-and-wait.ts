import { openCloudHosts } from "../src/cloud-hosts.ts";

/** Boot one host as a provider does, say so, and wait to be ended. */
const hosts = await openCloudHosts();
await hosts.start({ name: "alone", userData: "", publicKeys: [] });
console.log(hosts.prefix);
setInterval(() => {}, 1000);
