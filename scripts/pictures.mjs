/**
 * `pnpm pictures`: draws docs/pictures/plan.svg and those of the dashboard from what the built program says about real
 * machines of its own making.
 * As root, since it boots machine containers.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardPictures } from "./pictures/dashboard.mjs";
import { terminalSvg } from "./pictures/terminal-svg.mjs";
import { Program } from "./real/program.mjs";
import { isRoot, Refusal, root, say, script } from "./setup/clone.mjs";
import { packedCommand, preparePacked } from "./setup/packed.mjs";

const before = `
name: shop
driver: nspawn
engine: { dns: [192.0.2.53], labels: { env: test } }
machines:
  web: { count: 2 }
  db: { engine: false }
`;
const after = `
name: shop
driver: nspawn
engine: { dns: [192.0.2.54], labels: { env: production } }
machines:
  web: { count: 3 }
  db: { engine: false, options: { release: bookworm } }
`;
/** What somebody does by hand, without a word to anybody. */
const byHand = `sed -i 's/192.0.2.53/203.0.113.1/' /etc/docker/daemon.json`;

/**
 * @param {Program} program
 * @param {readonly string[]} words
 */
function said(program, ...words) {
  const { NO_COLOR: _, ...env } = program.env;
  const coloured = { ...env, FORCE_COLOR: "1" };
  const options = /** @type {const} */ ({ cwd: program.folder, env: coloured, encoding: "utf8" });
  const { status, stdout, stderr } = spawnSync(process.execPath, [packedCommand("machinist"), ...words], options);
  if (status !== 0) throw new Refusal(`machinist ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** @param {Program} program */
function picture(program) {
  const manifest = join(program.folder, "machines.yaml");
  writeFileSync(manifest, before);
  said(program, "up", "--progress", "none");
  said(program, "ssh", "web-2", byHand);
  writeFileSync(manifest, after);
  const plan = said(program, "plan", "--out", "shop.plan");
  writeFileSync(
    join(root, "docs/pictures/plan.svg"),
    terminalSvg(`$ machinist plan --out shop.plan\n${plan}`, "A plan of four machines at a terminal"),
  );
  say(plan);
}

await script(async () => {
  if (!isRoot) throw new Refusal("The pictures show real machines, which need root: sudo pnpm pictures");
  await preparePacked();
  const program = new Program();
  try {
    picture(program);
    await dashboardPictures(program);
  } finally {
    await program.dispose();
  }
  return 0;
});
