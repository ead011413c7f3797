/**
 * Tests on real hosts that failed are run once more, in the same run, file by file: most of their tests stand on those
 * before them. What fails once and not twice is flaky: it is told by name with both outcomes, and its cause is to be found.
 *
 * @typedef {import("./reporter.mjs").RunResult} RunResult
 * @typedef {import("./reporter.mjs").FileResult} FileResult
 * @typedef {{ name: string, error: string }} Flaky error: how it failed the first time; the second time it passed
 */

/** When more files than this fail, it is no accident of a moment: they are not run again. */
const MOST_FILES = 6;

/**
 * @param {RunResult} first
 * @returns {string[]} the files to run again
 */
export function filesToRunAgain({ files }) {
  const failed = files.filter(({ failures }) => failures.length > 0).map(({ file }) => file);
  return failed.length > MOST_FILES ? [] : failed;
}

/**
 * The second outcome stands for each file that was run again.
 * @param {RunResult} first
 * @param {RunResult} second of the files of {@link filesToRunAgain}
 * @returns {{ result: RunResult, flaky: Flaky[] }}
 */
export function mergeRuns(first, second) {
  const again = new Map(second.files.map((result) => [result.file, result]));
  /** @type {Flaky[]} */
  const flaky = [];
  const files = first.files.map((before) => {
    const after = again.get(before.file);
    if (after === undefined) return before;
    const stillFails = new Set(after.failures.map(({ name }) => name));
    flaky.push(...before.failures.filter(({ name }) => !stillFails.has(name)));
    return { ...after, ms: before.ms + after.ms };
  });
  return { result: { files, errors: [...first.errors, ...second.errors] }, flaky };
}
