import { dirname } from "node:path";
import { HolderSocket, lockFile } from "@machinist/core";

/** Take locks, say so, and hold them until a line comes or the process is killed: `node hold-lock.mjs LOCK…`. */
const paths = process.argv.slice(2);
const socket = new HolderSocket(dirname(paths[0] ?? ""));
const locks = await Promise.all(paths.map((path) => lockFile(path, { waitMs: 100_000, socket })));
process.stdout.write("held\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
for (const lock of locks) await lock.release();
process.stdout.write("released\n");
process.stdin.destroy();
