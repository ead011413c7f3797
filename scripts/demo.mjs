/**
 * `npm run demo`: three real Docker hosts on this machine, with a compose project, a Swarm and a stack on them. It
 * may be stopped anywhere and started again. It leaves the fleet running to be looked at;
 * `npm run demo -- --down` removes it, `npm run demo -- --once` does both.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { busyboxFile, demoFolder, show } from "./demo/show.mjs";
import { ensureDebianPackages, fileOfDebianPackage, hostTools } from "./setup/apt.mjs";
import { run } from "./setup/child.mjs";
import { isRoot, Refusal, root, say, script } from "./setup/clone.mjs";
import { buildPackages, installPackages, toolEnv } from "./setup/packages.mjs";

const machinist = join(root, "bin/machinist");
const manifest = join(demoFolder, "machines.yaml");

async function setUp() {
  if (process.platform !== "linux" || !isRoot)
    throw new Refusal("The demo boots machine containers: it needs Linux and root. Type: sudo npm run demo");
  await installPackages();
  const missing = await ensureDebianPackages(hostTools);
  if (missing.length > 0) throw new Refusal(`Install these programs first: ${missing.join(" ")}`);
  if (!existsSync(busyboxFile)) copyFileSync(await fileOfDebianPackage("busybox-static", "bin/busybox"), busyboxFile);
  await buildPackages();
}

/** @param {readonly string[]} args */
async function typed(...args) {
  say(`\n$ machinist ${args.join(" ")}`);
  const { code } = await run(machinist, args, { env: toolEnv(), minutes: 30 });
  return code;
}

/** What a newcomer may type next. */
function sayHowToGoOn() {
  say("\nThe fleet is running. Look around, from this folder:");
  for (const line of [
    "npx machinist ls",
    "npx machinist ssh worker-1",
    'eval "$(npx machinist env manager-1)"; docker node ls',
    `npx machinist up -f ${manifest.slice(root.length + 1)}     # again: nothing changes`,
    "npm run demo -- --down     # remove everything",
  ])
    say(`  ${line}`);
}

async function down() {
  const code = await typed("down", "-f", manifest, "--yes");
  if (code === 0) rmSync(busyboxFile, { force: true });
  return code;
}

async function main() {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => !["--down", "--once"].includes(arg));
  if (unknown.length > 0) throw new Refusal(`Unknown ${unknown.join(" ")}. There are: --down, --once.`);
  const built = existsSync(join(root, "packages/cli/dist"));
  if (!args.includes("--down") || !built) await setUp();
  if (args.includes("--down")) return down();
  const up = await typed("up", "-f", manifest);
  if (up !== 0) {
    say("\nIt did not come up. Type npm run demo again to go on, or npm run demo -- --down to remove what there is.");
    return up;
  }
  const shown = await show(machinist);
  if (args.includes("--once")) return Math.max(await down(), shown);
  sayHowToGoOn();
  return shown;
}

await script(main);
