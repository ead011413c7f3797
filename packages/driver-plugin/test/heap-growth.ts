import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/**
 * By how much the heap grew at most while `work` was under way, in bytes. Garbage is collected before each look: when it
 * would be by itself is up to what else the computer does. A busy one has fewer looks, and no other figures.
 */
export async function heapGrowth(work: () => Promise<unknown>): Promise<number> {
  const held = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  let most = before;
  let watch: NodeJS.Timeout;
  const look = () => {
    const began = performance.now();
    most = Math.max(most, held());
    // The heap has what all test files of this process have loaded: collecting it takes a tenth of the time, and no more.
    watch = setTimeout(look, Math.max(50, 9 * (performance.now() - began)));
  };
  watch = setTimeout(look, 50);
  try {
    await work();
  } finally {
    clearTimeout(watch);
  }
  return Math.max(most, held()) - before;
}
