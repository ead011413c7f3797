import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Ticks of /proc/PID/stat, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Processor seconds so far: of this process's children that have ended, and of the whole computer. Hosts that tests boot
 * are children of no test, so the first says what tests cost and the second, on an idle computer, what all of it costs.
 * @returns {{ children: number | undefined, computer: number }}
 */
export function processorSeconds() {
  const times = cpus().map((cpu) => cpu.times);
  const computer = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0) / 1000;
  try {
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    // Fields 16 and 17 of proc(5), cutime and cstime; the third is the first after the name.
    return { children: (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND, computer };
  } catch {
    return { children: undefined, computer };
  }
}

/** @returns {() => string} a sentence on the time since this call */
export function startWatch() {
  const began = performance.now();
  const before = processorSeconds();
  return () => {
    const now = processorSeconds();
    const computer = `${Math.round(now.computer - before.computer)} s of the whole computer`;
    const own =
      now.children === undefined
        ? ""
        : `${Math.round(now.children - (before.children ?? 0))} s of the tests' own processes, `;
    return `Took ${duration(performance.now() - began)}. Processor time: ${own}${computer}.`;
  };
}

/** @param {number} ms */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
