#!/usr/bin/env node
import { createRequire } from "node:module";
import { asMachinistError } from "@machinist/core";
import { lazyGroup } from "./lazy-group.ts";
import { fleetingService } from "./wire/fleeting.ts";
import { pluginHost, serveGoPlugin } from "./wire/go-plugin.ts";
import { hclog } from "./wire/hclog.ts";

/** How often it is looked whether the runner is still there, in ms: one that was killed says nothing. */
const PARENT_MS = 1000;

const name = "fleeting-plugin-machinist";
const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

if (["version", "--version", "-v"].includes(process.argv[2] ?? "")) {
  process.stdout.write(`${name} ${version}\n`);
  process.exit(0);
}
if (process.argv[2] === "check") process.exit(await check(process.argv.slice(3)));
if (process.argv[2] === "convert") process.exit(await convert(process.argv.slice(3)));
// Whoever reads them may have gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const log = hclog(name, (line) => process.stderr.write(line));
const parent = process.ppid;
try {
  const group = lazyGroup(async () => {
    const { Group } = await import("./group/group.ts");
    return new Group({ env: process.env, log, version });
  });
  const plugin = await serveGoPlugin(pluginHost(process.env), [fleetingService(group, log)]);
  // A key that ends the runner reaches this process too, which then ends when the runner says so.
  process.on("SIGINT", () => {});
  const watch = setInterval(() => process.ppid !== parent && void plugin.close(), PARENT_MS);
  process.once("SIGTERM", () => void plugin.close());
  process.stdout.write(`${plugin.line}\n`);
  // A failure is the first call's answer.
  group.load().catch(() => {});
  await plugin.ended;
  clearInterval(watch);
  await plugin.close();
  await group.shutdown();
  process.exit(0);
} catch (thrown) {
  const { message, hint } = asMachinistError(thrown);
  process.stderr.write(`${message}${hint ? `\n${hint}` : ""}\n`);
  process.exit(1);
}

/** `check [-c config.toml]`: a line for each runner; the exit code. */
async function check(args: readonly string[]): Promise<number> {
  const { checkConfig } = await import("./check-config.ts");
  try {
    const checked = await checkConfig(configPath(args), { env: process.env });
    for (const { runner, group, problem } of checked) {
      const hint = problem?.hint === undefined ? "" : `\n  ${problem.hint}`;
      process.stdout.write(`${runner}: ${problem ? `${problem.message}${hint}` : `the group ${group} is right`}\n`);
    }
    return checked.some(({ problem }) => problem) ? 1 : 0;
  } catch (thrown) {
    return refused(thrown);
  }
}

/** `convert [-c config.toml]`: each runner's new keys on stdout, what has no counterpart on stderr; the exit code. */
async function convert(args: readonly string[]): Promise<number> {
  const { convertConfig } = await import("./convert/convert-config.ts");
  try {
    for (const { runner, toml, notes } of await convertConfig(configPath(args), { env: process.env })) {
      process.stdout.write(
        `# ${JSON.stringify(runner)}: what follows [[runners]] goes in the place of its executor and [runners.machine]\n${toml}\n`,
      );
      for (const note of notes) process.stderr.write(`${runner}: ${note}\n`);
    }
    return 0;
  } catch (thrown) {
    return refused(thrown);
  }
}

function configPath(args: readonly string[]): string {
  const path = args[0] === "-c" || args[0] === "--config" ? args[1] : undefined;
  return path ?? "/etc/gitlab-runner/config.toml";
}

function refused(thrown: unknown): number {
  const { message, hint } = asMachinistError(thrown);
  process.stderr.write(`${message}${hint ? `\n${hint}` : ""}\n`);
  return 1;
}
