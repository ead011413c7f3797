// Draws what a terminal would show as a PNG: `node scripts/picture.mjs out.png [columns] [rows] < text-with-ansi`.
import { readFileSync, writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";
import xterm from "@xterm/headless";

const [out = "picture.png", columns = "100", rows = "30"] = process.argv.slice(2);
const cols = Number(columns);
const terminal = new xterm.Terminal({ cols, rows: Number(rows), scrollback: 1000, allowProposedApi: true });
const text = readFileSync(0, "utf8").replace(/\r?\n/g, "\r\n");
await new Promise((resolve) => terminal.write(text, resolve));

const cell = { width: 9, height: 20 };
const margin = 16;
const ansi = ["#45475a", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#f5c2e7", "#94e2d5", "#bac2de"];
const ground = { back: "#1e1e2e", front: "#cdd6f4" };

const entities = (word) => word.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);

/** Every cell gets its own place, so that no font's idea of a width shifts a column. */
function drawCell(place, x, y) {
  const chars = place.getChars();
  if (chars.trim() === "") return "";
  const fill = place.isFgPalette() ? ansi[place.getFgColor() % 8] : ground.front;
  const style = `${place.isBold() ? ' font-weight="bold"' : ""}${place.isDim() ? ' opacity="0.55"' : ""}`;
  return `<text x="${margin + x * cell.width}" y="${margin + y * cell.height + 15}" fill="${fill}"${style}>${entities(chars)}</text>`;
}

const buffer = terminal.buffer.active;
const marks = [];
let last = 0;
for (let y = 0; y < buffer.length; y++) {
  const line = buffer.getLine(y);
  if (line.translateToString(true) !== "") last = y;
  for (let x = 0; x < cols; x++) marks.push(drawCell(line.getCell(x), x, y));
}
const width = cols * cell.width + 2 * margin;
const height = (last + 1) * cell.height + 2 * margin;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans Mono, monospace" font-size="15" xml:space="preserve"><rect width="100%" height="100%" rx="8" fill="${ground.back}"/>${marks.join("")}</svg>`;
writeFileSync(
  out,
  out.endsWith(".svg") ? svg : new Resvg(svg, { fitTo: { mode: "zoom", value: 1.5 } }).render().asPng(),
);
