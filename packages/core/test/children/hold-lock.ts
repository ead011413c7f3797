import { lockFile } from "@machinist/core";

/** Take a lock, say so, and hold it until a line comes or the process is killed: `node hold-lock.mjs LOCK`. */
const [path = ""] = process.argv.slice(2);
const lock = await lockFile(path, { waitMs: 100_000 });
process.stdout.write("held\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
await lock.release();
process.stdout.write("released\n");
process.stdin.destroy();
