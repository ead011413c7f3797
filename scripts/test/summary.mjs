import { say } from "../setup/clone.mjs";

/**
 * @typedef {import("./reporter.mjs").Skipped} Skipped
 *
 * @typedef {object} Total
 * @property {import("./reporter.mjs").FileResult[]} files
 * @property {string[]} errors failures that no test owns
 * @property {import("./second-run.mjs").Flaky[]} flaky
 */

/** How many of the slowest files are told. */
const SLOWEST = 12;

/**
 * Prints what a run came to; its last line is `N passed, N failed, N skipped`.
 * @param {Total} total
 * @param {{ isRoot: boolean, took: string }} about
 * @returns {number} how many failed
 */
export function printSummary({ files, errors, flaky }, { isRoot, took }) {
  const failures = files.flatMap((file) => file.failures);
  const skipped = files.flatMap((file) => file.skipped);
  const slowest = [...files].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  if (slowest.length > 0) say("\nSlowest files:");
  for (const { file, ms, processorSeconds } of slowest)
    say(
      `  ${seconds(ms / 1000)}  ${processorSeconds === undefined ? "" : `(${seconds(processorSeconds)} of processor)  `}${file}`,
    );
  printList("Skipped", skipped);
  printNotApplicable(files.flatMap((file) => file.notApplicable));
  const rootless = skipped.filter(({ reason }) => /\broot\b/.test(reason)).length;
  if (!isRoot && rootless > 0)
    say(
      `\nWithout root ${rootless} tests were skipped. As root they boot real hosts on this computer (machine containers).`,
    );
  if (failures.length + errors.length > 0) say("\nFailed:");
  for (const { name, error } of failures) say(`  ${name}: ${error}`);
  for (const error of errors) say(`  ${error}`);
  if (flaky.length > 0) say("");
  for (const { name, error } of flaky) say(`flaky: ${name} (first: ${error}; second: passed)`);
  say(`\n${took}`);
  const failed = failures.length + errors.length;
  say(`\n${files.reduce((sum, file) => sum + file.passed, 0)} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed;
}

/** @param {number} count */
const seconds = (count) => `${count.toFixed(0).padStart(4)} s`;

/**
 * @param {string} title
 * @param {readonly Skipped[]} skipped
 */
function printList(title, skipped) {
  if (skipped.length > 0) say(`\n${title}:`);
  for (const { name, reason } of skipped) say(`  ${name}${reason === "" ? "" : `: ${reason}`}`);
}

/** Grouped by reason: they are many, and nothing is missing. @param {readonly Skipped[]} cases */
function printNotApplicable(cases) {
  if (cases.length === 0) return;
  const reasons = new Map();
  for (const { reason } of cases) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  say(`\nNot applicable (${cases.length} cases that cannot exist for what is tested):`);
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]))
    say(`  ${String(count).padStart(4)}  ${reason}`);
}
