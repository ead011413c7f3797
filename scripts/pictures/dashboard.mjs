import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Refusal, root, say } from "../setup/clone.mjs";
import { packedCommand } from "../setup/packed.mjs";
import { terminalSvg } from "./terminal-svg.mjs";

/** @typedef {import("../real/program.mjs").Program} Program */

/** A server that ends takes its time: each picture has its own. */
let socket = "";
/** @param {readonly string[]} args */
const tmux = (...args) => execFileSync("tmux", ["-L", socket, ...args], { encoding: "utf8", stdio: "pipe" });

const manifest = `
name: demo
driver: nspawn
machines:
  manager: { swarm: manager }
  worker: { count: 2, swarm: worker }
`;
const larger = manifest
  .replace("count: 2", "count: 3")
  .replace("driver: nspawn", "driver: nspawn\nengine: { labels: { env: dev } }");

/** A shell and what it needs as an image, and a container that says something. */
const talker = `set -e
for program in dash sleep; do readlink -f "$(command -v $program)"; ldd "$(command -v $program)" | grep -o '/[^ ]*'; done |
  sort -u | tar -chP -T - 2> /dev/null | docker import - site:1.4 > /dev/null
docker run -d --name site site:1.4 /usr/bin/dash -c 'n=0; while :; do n=$((n+1)); echo "GET /page/$n 200"; /usr/bin/sleep 0.2; done'`;

/**
 * Each picture: the keys that lead to it from the list, and what is seen there.
 * @type {readonly { name: string, title: string, size?: readonly [number, number], steps: readonly (string | RegExp)[] }[]}
 */
const pictures = [
  { name: "dashboard", title: "The dashboard with three machines of a Swarm", steps: ["j", "j", /\d+% +\d+% +\d+%/] },
  { name: "dashboard-80x24", title: "The dashboard in a small terminal", size: [80, 24], steps: ["j"] },
  { name: "dashboard-detail", title: "The resources of a machine", steps: [":go manager-1\r", "\r", /swarm\.member/] },
  {
    name: "dashboard-engine",
    title: "A machine's Docker and its host",
    steps: [":go manager-1\r", "\r3", /disk in use/],
  },
  {
    name: "dashboard-log",
    title: "A container's log, followed",
    steps: [":go manager-1\r", "\r4", /site +running/, "l", /page\/\d+/],
  },
  {
    name: "dashboard-remove",
    title: "What would end if a machine were removed",
    steps: [":go manager-1\r", "\x04", /Remove/],
  },
  { name: "dashboard-form", title: "The form for new machines", steps: ["n", /new machines/, "\r", "web\r"] },
  { name: "dashboard-plan", title: "What a changed manifest would do", steps: [":plan machines.yaml\r", /1 change/] },
];

/** @param {RegExp} text */
async function seen(text) {
  for (let tries = 0; tries < 200; tries++) {
    if (text.test(tmux("capture-pane", "-p"))) return;
    await wait(100);
  }
  throw new Refusal(`The dashboard never showed ${text}:\n${tmux("capture-pane", "-p")}`);
}

/**
 * Takes pictures of the dashboard over three machine containers that form a Swarm.
 * @param {Program} program
 */
export async function dashboardPictures(program) {
  await program.must("down", "shop", "--yes");
  const file = join(program.folder, "machines.yaml");
  writeFileSync(file, manifest);
  await program.must("up", "-f", file);
  await program.must("ssh", "manager-1", talker);
  writeFileSync(file, larger);
  const variables = {
    MACHINE_STORAGE_PATH: program.store,
    DOCKER_CONFIG: String(program.env.DOCKER_CONFIG),
    LC_ALL: "C.UTF-8",
    NO_COLOR: "",
  };
  const env = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const command = `cd ${program.folder} && exec ${process.execPath} ${packedCommand("machinist")}`;
  try {
    for (const { name, title, size = [120, 24], steps } of pictures) {
      socket = `machinist-pictures-${process.pid}-${name}`;
      const [columns, rows] = size.map(String);
      tmux(
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        String(columns),
        "-y",
        String(rows),
        ...env,
        "sh",
        "-c",
        command,
      );
      await seen(/manager-1 +running .* 1\/1/);
      for (const step of steps) {
        if (typeof step === "string") tmux("send-keys", "-l", step);
        else await seen(step);
        await wait(300);
      }
      writeFileSync(
        join(root, `docs/pictures/${name}.svg`),
        terminalSvg(tmux("capture-pane", "-p", "-e", "-N"), title),
      );
      say(`docs/pictures/${name}.svg`);
      tmux("kill-server");
    }
  } finally {
    try {
      tmux("kill-server");
    } catch {
      // It has ended with its last window.
    }
  }
}
