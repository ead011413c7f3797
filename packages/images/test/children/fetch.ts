import { fetchImage } from "../../src/index.ts";

/** Fetch an image: `node fetch.mjs FOLDER URL CHECKSUM`. Prints what it came to. */
const [folder = "", from = "", checksum = ""] = process.argv.slice(2);
const call = { signal: AbortSignal.timeout(20_000), progress: () => {}, log: () => {} };
console.log(JSON.stringify(await fetchImage({ from, checksum }, folder, call)));
