import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Refusal, root } from "../setup/clone.mjs";

/** Built in this clone: what it says needs no installation. */
const machinistFile = join(root, "packages/cli/bin/machinist.cjs");

/** What an exit code of machinist means; a test compares the numbers with the program's. */
export const exitCodeMeanings = new Map([
  [0, "done"],
  [1, "something failed; what and why was said, and what to type next"],
  [2, "the command line, an option or the manifest is wrong; nothing was begun"],
  [3, "a check before anything was made failed; nothing was made"],
  [130, "stopped by Ctrl-C; the same command again goes on"],
]);

/** Drivers whose options the page shows. */
const drivers = ["amazonec2", "digitalocean", "virtualbox", "qemu", "nspawn", "generic", "none"];

/**
 * What the built program prints.
 * @param {readonly string[]} args
 */
export function said(...args) {
  const env = { ...process.env, NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [machinistFile, ...args], { env, encoding: "utf8" });
  if (status !== 0)
    throw new Refusal(`machinist ${args.join(" ")} ended with ${status}: ${stderr}Build first: pnpm build`);
  return stdout.trimEnd();
}

/** Names of all commands, as the overview lists them. */
export const commandsIn = (/** @type {string} */ overview) =>
  [...overview.slice(0, overview.indexOf("Global options:")).matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) =>
    String(name),
  );

const block = (/** @type {string} */ text) => ["```text", text, "```", ""];

/** The page of all commands, in the built program's own words. */
export function renderCommands() {
  const overview = said("help");
  return [
    "# Commands",
    "",
    "The program's own help. Made from the built program by `pnpm run docs`; do not edit.",
    "",
    ...block(overview),
    "## Exit codes",
    "",
    "| Code | Means |",
    "|---|---|",
    ...[...exitCodeMeanings].map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    "`ssh` ends with the remote command's code. Every error's code and hint: [errors.md](errors.md).",
    "",
    ...commandsIn(overview).flatMap((name) => [`## ${name}`, "", ...block(said("help", name))]),
    ...drivers.flatMap((name) => [
      `## create --driver ${name}`,
      "",
      ...block(said("create", "--driver", name, "--help")),
    ]),
  ].join("\n");
}
