import { startHosts } from "../src/hosts.ts";

/** Boot one host, say so, and wait to be ended. */
const lab = await startHosts({ count: 1, image: "bare" });
console.log(lab.prefix);
setInterval(() => {}, 1000);
