/**
 * `pnpm test:long`: what `npm test` has no time for. The campaigns that kill and resume runs, random faults at the clouds, the
 * contract of every driver as a table, transcripts of whole machines, fuzz. About an hour and a half on two cores; as root,
 * since most boot real hosts. `--only=fault-runs-qemu,fuzz` runs some. Each prints its counts; they are repeated at the end.
 */
import { run } from "./setup/child.mjs";
import { isRoot, Refusal, say, script } from "./setup/clone.mjs";
import { fetchComposes } from "./setup/compose.mjs";
import { buildPackages, installPackages, toolEnv } from "./setup/packages.mjs";
import { duration } from "./test/processor-time.mjs";

/**
 * @typedef {object} Campaign
 * @property {string} name
 * @property {readonly string[]} argv
 * @property {Readonly<Record<string, string>>} [env]
 * @property {number} minutes deadline
 * @property {boolean} [root] boots real hosts
 * @property {RegExp} counts the lines to repeat at the end
 */

const node = process.execPath;
/** @type {readonly Campaign[]} */
const campaigns = [
  {
    name: "kill",
    argv: [node, "scripts/kill-campaign.mjs", "--kills=26"],
    minutes: 30,
    root: true,
    counts: /runs were killed/,
  },
  {
    name: "swarm",
    argv: [node, "scripts/swarm-campaign.mjs", "--kills=12"],
    minutes: 60,
    root: true,
    counts: /killed|faults/,
  },
  {
    name: "certificates",
    argv: [node, "scripts/certificates-campaign.mjs"],
    minutes: 60,
    root: true,
    counts: /killed|restarts|faults/,
  },
  {
    name: "host-states",
    argv: ["vitest", "run", "--project", "e2e", "packages/provision/test/host-states"],
    env: { MACHINIST_LONG: "1" },
    minutes: 60,
    root: true,
    counts: /^\| |states|Tests /,
  },
  {
    name: "contract",
    argv: [node, "scripts/contract-table.mjs", "--kills=12"],
    minutes: 60,
    root: true,
    counts: /cases/,
  },
  ...["digitalocean", "amazonec2"].map((driver) => ({
    name: `fault-runs-${driver}`,
    argv: [node, "scripts/contract-table.mjs", `--driver=${driver}`, "--fault-runs=500"],
    minutes: 60,
    root: driver === "amazonec2",
    counts: /^driver \S+: \{|cases/,
  })),
  {
    name: "transcripts",
    argv: [node, "scripts/transcripts.mjs"],
    minutes: 20,
    root: true,
    counts: /orphans|Nothing is left/,
  },
  {
    name: "second-boot",
    argv: [
      "vitest",
      "run",
      "--project",
      "e2e",
      "test/drivers/qemu.e2e.test.ts",
      "test/drivers/virtualbox-guest.e2e.test.ts",
    ],
    env: { MACHINIST_LONG: "1" },
    minutes: 30,
    root: true,
    counts: /started again|Tests /,
  },
  {
    name: "stacks",
    argv: ["vitest", "run", "--project", "e2e", "packages/compose-runner/test/stack-kill.e2e.test.ts"],
    env: { MACHINIST_KILLS: "30" },
    minutes: 60,
    root: true,
    counts: /were killed|Tests /,
  },
  {
    name: "fuzz",
    argv: ["vitest", "run", "--project", "unit", "packages/go-rpc/test/hostile.test.ts"],
    env: { MACHINIST_FUZZ: "1000000" },
    minutes: 15,
    counts: /malformed|Tests /,
  },
  {
    name: "compose",
    argv: ["vitest", "run", "--project", "unit", "packages/compose-runner/test/differential"],
    env: { MACHINIST_FUZZ: "1000", MACHINIST_LONG: "1" },
    minutes: 60,
    counts: /compose \d|Tests /,
  },
  {
    name: "compose-up",
    argv: ["vitest", "run", "--project", "e2e", "packages/compose-runner/test/differential/shaped.e2e.test.ts"],
    env: { MACHINIST_LONG: "1" },
    minutes: 60,
    root: true,
    counts: /projects of people's|Tests /,
  },
  {
    name: "compose-kill",
    argv: ["vitest", "run", "--project", "e2e", "test/compose-kill.e2e.test.ts"],
    env: { MACHINIST_KILLS: "24" },
    minutes: 60,
    root: true,
    counts: /were killed|Tests /,
  },
  {
    name: "env-canary",
    argv: ["vitest", "run", "--project", "e2e", "test/env-canary.e2e.test.ts"],
    env: { MACHINIST_LONG: "1" },
    minutes: 30,
    root: true,
    counts: /no secret in any|Tests /,
  },
  {
    name: "plugin-life",
    argv: ["vitest", "run", "--project", "e2e", "test/docker-machine/plugin-life.e2e.test.ts"],
    env: { MACHINIST_KILLS: "12" },
    minutes: 60,
    counts: /runs were killed|Tests /,
  },
  {
    name: "runner-kills",
    argv: [
      "vitest",
      "run",
      "--project",
      "e2e",
      "test/docker-machine/vps.e2e.test.ts",
      "test/docker-machine/runner-kills",
    ],
    env: { MACHINIST_LONG: "1" },
    minutes: 60,
    root: true,
    counts: /were killed|Tests /,
  },
  {
    name: "demo-changes",
    argv: ["vitest", "run", "--project", "e2e", "test/demo.e2e.test.ts"],
    env: { MACHINIST_LONG: "1" },
    minutes: 30,
    root: true,
    counts: /nothing to do|Tests /,
  },
  {
    name: "fuzz-patterns",
    argv: ["vitest", "run", "--project", "unit", "packages/docker-machine/test/go-regexp.test.ts"],
    env: { MACHINIST_FUZZ: "20000" },
    minutes: 10,
    counts: /patterns,|Tests /,
  },
  {
    name: "fuzz-doors",
    argv: ["vitest", "run", "--project", "unit", "test/fuzz/doors.test.ts"],
    env: { MACHINIST_FUZZ: "1060000" },
    minutes: 60,
    counts: /inputs|Tests /,
  },
];

/** @param {string | undefined} flag `--only=NAME,…`; a name stands for all that begin with it */
function chosen(flag) {
  if (flag === undefined) return campaigns;
  const names = flag.slice("--only=".length).split(",");
  const unknown = names.filter((name) => !campaigns.some((each) => each.name.startsWith(name)));
  if (unknown.length > 0)
    throw new Refusal(
      `Unknown campaign ${unknown.join(", ")}. There are: ${campaigns.map(({ name }) => name).join(", ")}.`,
    );
  return campaigns.filter(({ name }) => names.some((each) => name.startsWith(each)));
}

/**
 * @param {Campaign} campaign
 * @returns {Promise<{ failed: boolean, lines: string[] }>}
 */
async function runCampaign({ name, argv: [file = "", ...args], env, minutes, root, counts }) {
  if (root && !isRoot) return { failed: false, lines: [`${name}: not run, it boots real hosts and needs root`] };
  say(`\n== ${name} (${[file === node ? "node" : file, ...args].join(" ")})`);
  const began = performance.now();
  const { code, output } = await run(file, args, { env: { ...toolEnv(), ...env }, minutes, quiet: true });
  say(output.trimEnd());
  const took = `${name}: ${code === 0 ? "passed" : `failed with exit code ${code}`} after ${duration(performance.now() - began)}`;
  return {
    failed: code !== 0,
    lines: [
      took,
      ...output
        .split("\n")
        .filter((line) => counts.test(line))
        .map((line) => `  ${line.trim()}`),
    ],
  };
}

await script(async () => {
  const some = chosen(process.argv.slice(2).find((arg) => arg.startsWith("--only=")));
  await installPackages();
  await fetchComposes();
  await buildPackages();
  const results = [];
  for (const campaign of some) results.push(await runCampaign(campaign));
  say("\n== counts");
  for (const { lines } of results) say(lines.join("\n"));
  return results.some(({ failed }) => failed) ? 1 : 0;
});
