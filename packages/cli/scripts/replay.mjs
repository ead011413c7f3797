// Plays a list of events (JSON lines, as `machinist up --json` prints them) on this terminal, at their own pace.
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { liveRenderer, processIo, styleOf } from "../dist/index.js";

const events = readFileSync(process.argv[2], "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const offset = Date.now() - events[0].at;
const { stdout: out } = processIo();
const renderer = liveRenderer({ out, style: styleOf(true), debug: false, now: Date.now });
for (const event of events.filter(({ type }) => type !== "result")) {
  await wait(Math.max(0, event.at + offset - Date.now()));
  renderer.show({ ...event, at: event.at + offset });
}
renderer.end();
