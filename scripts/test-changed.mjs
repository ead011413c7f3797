/**
 * `pnpm test:changed`: lint and unit tests of what was changed and not yet committed, or since `--since=REF`; without
 * changes, of the last commit. A changed package runs its own tests, all else that is changed its own test file: quick
 * enough to be run at each save. What other packages make of the change is for `pnpm check`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./setup/child.mjs";
import { root, say, script } from "./setup/clone.mjs";
import { toolEnv } from "./setup/packages.mjs";

/** @param {readonly string[]} args */
async function git(...args) {
  const { code, output } = await run("git", args, { quiet: true });
  return code === 0 ? output.split("\n").filter((line) => line !== "") : [];
}

/** @param {string | undefined} since */
async function changedFiles(since) {
  const untracked = await git("ls-files", "--others", "--exclude-standard");
  const now = [...(await git("diff", "--name-only", since ?? "HEAD")), ...untracked];
  return now.length > 0 || since !== undefined ? now : git("diff", "--name-only", "HEAD~1");
}

/**
 * Which tests a changed file is for.
 * @param {string} file
 * @returns {string[]} patterns for vitest
 */
function testsOf(file) {
  if (/\.e2e\.test\.tsx?$/.test(file)) return [];
  if (/\.test\.tsx?$/.test(file)) return existsSync(join(root, file)) ? [file] : [];
  const [top, name] = file.split("/");
  if ((top === "packages" || top === "examples") && name) return [`${top}/${name}/test/`];
  if (file.endsWith(".md")) return ["test/docs.test.ts"];
  return top === "scripts" ? ["test/runner.test.ts"] : [];
}

await script(async () => {
  const since = process.argv.slice(2).find((arg) => arg.startsWith("--since="));
  const files = await changedFiles(since?.slice("--since=".length));
  if (files.length === 0) {
    say("Nothing is changed.");
    return 0;
  }
  const env = toolEnv();
  const tests = [...new Set(files.flatMap(testsOf))];
  const present = files.filter((file) => existsSync(join(root, file)));
  const jobs = [run("biome", ["check", "--error-on-warnings", "--no-errors-on-unmatched", ...present], { env })];
  if (tests.length > 0) jobs.push(run("vitest", ["run", "--project", "unit", "--passWithNoTests", ...tests], { env }));
  else say("No unit test belongs to what is changed.");
  return (await Promise.all(jobs)).every(({ code }) => code === 0) ? 0 : 1;
});
