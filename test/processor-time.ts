import { afterAll } from "vitest";
import { processorSeconds } from "../scripts/test/processor-time.mjs";

declare module "vitest" {
  interface TaskMeta {
    /** Of a file: processor seconds of its process and of what that started and waited for. */
    processorSeconds?: number;
  }
}

/** What a file's tests cost, for the list of the slowest: unlike how long they took, it is not up to other processes. */
const before = spent();
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the first parameter what the hook wants
afterAll(({}, suite) => {
  suite.file.meta.processorSeconds = spent() - before;
});

function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + (processorSeconds().children ?? 0);
}
