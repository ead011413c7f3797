import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { filesOfTarball } from "./tarball.mjs";

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/**
 * A line per tarball: its files, its size, and what it is unpacked.
 * @param {readonly import("./pack.mjs").Packed[]} packed
 * @returns {string[]}
 */
export function tarballLines(packed) {
  const rows = packed.map(({ name, version, filename }) => {
    const files = filesOfTarball(filename);
    const unpacked = files.reduce((sum, { bytes }) => sum + bytes, 0);
    return [`${name}@${version}`, `${files.length}`, kilobytes(statSync(filename).size), kilobytes(unpacked)];
  });
  const table = [["package", "files", "packed", "unpacked"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

/**
 * The middle of several runs of a program, in ms.
 * @param {string} file
 * @param {readonly string[]} args
 */
export function startUpMs(file, args, runs = 11) {
  const took = Array.from({ length: runs }, () => {
    const begin = performance.now();
    execFileSync(file, args, { stdio: "ignore" });
    return performance.now() - begin;
  });
  return took.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}
