import { join } from "node:path";
import { must, run } from "../setup/child.mjs";
import { root, say } from "../setup/clone.mjs";
import { toolEnv } from "../setup/packages.mjs";

export const demoFolder = join(root, "examples/demo");
export const busyboxFile = join(demoFolder, "site/busybox");

/**
 * @param {string} url
 * @returns {Promise<string>} the body; retried, for a container that has just been started
 */
async function get(url) {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      if (response.ok) return (await response.text()).trim();
      throw new Error(`answered ${response.status}`);
    } catch (thrown) {
      if (Date.now() > end) return `no answer: ${thrown instanceof Error ? thrown.message : thrown}`;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/**
 * Each thing that was promised, shown as a user would ask for it.
 * @param {string} machinist the program
 * @returns {Promise<number>} exit code: 0 when all of it was there
 */
export async function show(machinist) {
  const env = toolEnv();
  say("\n$ machinist ls");
  let failed = (await run(machinist, ["ls"], { env, minutes: 2 })).code;

  const listNodes = ["node", "ls"];
  if (await hasDocker()) {
    say("\n$ docker --context demo node ls");
    failed ||= (await run("docker", ["--context", "demo", ...listNodes], { env, minutes: 2 })).code;
  } else {
    say("\nThere is no docker client on this machine, so the manager's own is asked.");
    say("$ machinist ssh manager-1 docker node ls");
    failed ||= (await run(machinist, ["ssh", "manager-1", "docker", ...listNodes], { env, minutes: 2 })).code;
  }

  const names = ["manager-1", "worker-1", "worker-2"];
  for (const [port, what] of /** @type {const} */ ([
    [8080, "compose project"],
    [8081, "stack"],
  ])) {
    say(`\nThe ${what}, port ${port} of each host:`);
    for (const name of names) {
      const ip = (await must(machinist, ["ip", name], { env })).trim();
      const answer = await get(`http://${ip}:${port}/`);
      say(`  ${name.padEnd(9)} http://${ip}:${port}/  ${answer}`);
      if (!answer.startsWith("Hello")) failed ||= 1;
    }
  }
  return failed;
}

const hasDocker = async () =>
  (await run("docker", ["--version"], { quiet: true }).catch(() => ({ code: 1 }))).code === 0;
