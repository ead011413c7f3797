import { once } from "node:events";
import { withLock } from "../../src/lock.ts";

/** Holds the lock that it is given until it is told something on its stdin. */
await withLock(process.argv[2]!, async () => {
  process.stdout.write("held\n");
  await once(process.stdin, "data");
});
process.exit(0);
