import { LabFleet } from "../src/fleet.ts";
import type { RunFolder } from "../src/run-folder.ts";

/** Make one machine with its network, as often as asked: `node create-one.mjs RUN-AS-JSON NAME`. Prints its state. */
const [run = "", name = ""] = process.argv.slice(2);
const fleet = new LabFleet(JSON.parse(run) as RunFolder);
const resources = await fleet.plan(name, "ssh-ed25519 AAAA test", {
  image: "bare",
  release: "trixie",
  mirror: "",
  memory: 0,
  cpus: 0,
});
for (const { id } of resources) await fleet.ensure(id);
console.log(JSON.stringify(fleet.states[`${name}/instance`]));
