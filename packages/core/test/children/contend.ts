import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { lockFile } from "@machinist/core";

/** Take and release a lock several times, writing down each entry and exit: `node contend.mjs LOCK JOURNAL ROUNDS`. */
const [path = "", journal = "", rounds = "1"] = process.argv.slice(2);
for (let round = Number(rounds); round > 0; round--) {
  const lock = await lockFile(path, { waitMs: 100_000 });
  appendFileSync(journal, `enter ${process.pid}\n`);
  await delay(Math.random() * 4);
  appendFileSync(journal, `leave ${process.pid}\n`);
  // Every third holder dies in its sleep, a moment after leaving: the next one finds a stale lock.
  if (round === 1 && process.pid % 3 === 0) process.kill(process.pid, "SIGKILL");
  await lock.release();
}
