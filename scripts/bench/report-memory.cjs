// Required into a measured process: leaves the peak of its resident memory, in KiB, where it was asked for.
const { writeFileSync } = require("node:fs");

const file = process.env.MACHINIST_MEMORY_FILE;
if (file) process.on("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
