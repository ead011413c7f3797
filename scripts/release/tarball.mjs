import { execFileSync } from "node:child_process";

/**
 * A file of a tarball of npm's.
 * @param {string} tarball
 * @param {string} path
 */
export const fromTarball = (tarball, path) =>
  execFileSync("tar", ["-xzOf", tarball, `package/${path}`], { encoding: "utf8" });

/**
 * What is in a tarball, and how large each file is. GNU's tar has a size after owner/group, BSD's after both: it is the
 * number before the date.
 * @param {string} tarball
 * @returns {{ path: string, bytes: number }[]}
 */
export function filesOfTarball(tarball) {
  const table = execFileSync("tar", ["-tvzf", tarball], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return table
    .trim()
    .split("\n")
    .map((line) => ({
      path: line.replace(/^.* package\//, ""),
      bytes: Number(/ (\d+) +(?:\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2} +\d+) /.exec(line)?.[1] ?? Number.NaN),
    }));
}
