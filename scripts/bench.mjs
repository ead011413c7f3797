/**
 * `pnpm bench`: the built program measured as whole processes, everything in one run, each figure beside its base and
 * its limit. Exit code 1 when one is over. `--only=start-up,memory,figures,hosts`; hosts need root.
 */
import { figures } from "./bench/figures.mjs";
import { hostFigures } from "./bench/hosts.mjs";
import { memory } from "./bench/memory.mjs";
import { startUp } from "./bench/start-up.mjs";
import { isOver, table } from "./bench/table.mjs";
import { isRoot, Refusal, say, script } from "./setup/clone.mjs";
import { buildPackages, installPackages } from "./setup/packages.mjs";
import { preparePacked } from "./setup/packed.mjs";

const parts = {
  "start-up": () => startUp(25),
  memory: () => memory(3),
  figures,
  hosts: () => hostFigures(3),
};

await script(async () => {
  const only = process.argv.slice(2).find((arg) => arg.startsWith("--only="));
  const chosen = only === undefined ? Object.keys(parts) : only.slice("--only=".length).split(",");
  const unknown = chosen.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Refusal(`Unknown part ${unknown.join(", ")}. There are: ${Object.keys(parts).join(", ")}.`);
  await installPackages();
  await buildPackages();
  await preparePacked();
  /** @type {import("./bench/table.mjs").Row[]} */
  const rows = [];
  for (const name of chosen) {
    if (name === "hosts" && !isRoot) say("Not root: figures on real hosts are left out.");
    else rows.push(...(await parts[/** @type {keyof typeof parts} */ (name)]()));
  }
  say(`\nNode ${process.versions.node}, NODE_EXTRA_CA_CERTS unset\n\n${table(rows)}`);
  return rows.length > 0 && !rows.some(isOver) ? 0 : 1;
});
