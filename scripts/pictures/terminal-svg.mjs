/** Cells of a monospaced font of 15 px, and the room around the text. */
const CELL = { width: 9.03, height: 21 };
const EDGE = 18;

/** By SGR code: a dark terminal's colours. */
const COLOURS = new Map([
  [31, "#f38ba8"],
  [32, "#a6e3a1"],
  [33, "#f9e2af"],
  [34, "#89b4fa"],
  [35, "#f5c2e7"],
  [36, "#94e2d5"],
]);

const GROUND = "#1e1e2e";

/**
 * What is drawn reversed stands on a bar.
 * @param {number} at
 * @param {number} cells
 * @param {number} row
 */
function barUnder(at, cells, row) {
  const [x, y] = [EDGE + at * CELL.width, EDGE + row * CELL.height].map((value) => value.toFixed(1));
  return `<rect x="${x}" y="${y}" width="${(cells * CELL.width).toFixed(1)}" height="${CELL.height}" fill="#cdd6f4"/>`;
}

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const plain = { colour: "", bold: false, dim: false, reverse: false };

/**
 * A line with its colour sequences as spans of one style each, and the style that goes on after it.
 * @param {string} line
 * @param {typeof plain} begun
 */
function spans(line, begun) {
  let style = begun;
  let at = 0;
  const found = [];
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1];
    if (codes === undefined) {
      if (part !== "") found.push({ ...style, at, text: part });
      at += part.length;
      continue;
    }
    for (const code of codes.split(";").map(Number)) {
      if (code === 0) style = plain;
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 22) style = { ...style, bold: false, dim: false };
      else if (code === 7 || code === 27) style = { ...style, reverse: code === 7 };
      else style = { ...style, colour: COLOURS.get(code) ?? "" };
    }
  }
  return { found, style };
}

/**
 * What a program printed at a terminal, as a picture that needs no program to be made. Each piece of text is given its
 * width, so that columns stand whatever font the reader has.
 * @param {string} text with colour sequences
 * @param {string} title what is to be seen, for those who do not see it
 */
export function terminalSvg(text, title) {
  const lines = text.trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => line.replace(/\x1b\[[0-9;]*m/g, "").length));
  const [width, height] = [columns * CELL.width + 2 * EDGE, lines.length * CELL.height + 2 * EDGE].map(Math.ceil);
  let style = plain;
  const rows = lines.flatMap((line, row) => {
    const { found, style: after } = spans(line, style);
    style = after;
    return found.map(({ colour, bold, dim, reverse, at, text: piece }) => {
      const bar = reverse ? barUnder(at, piece.length, row) : "";
      const lead = piece.length - piece.trimStart().length;
      const shown = piece.trim();
      if (shown === "") return bar;
      const x = (EDGE + (at + lead) * CELL.width).toFixed(1);
      const y = (EDGE + (row + 0.72) * CELL.height).toFixed(1);
      const ink = reverse ? GROUND : colour;
      const fill = ink === "" ? "" : ` fill="${ink}"`;
      const weight = bold ? ' font-weight="bold"' : "";
      const pale = dim ? ' opacity="0.6"' : "";
      const long = ` textLength="${(shown.length * CELL.width).toFixed(1)}"`;
      return `${bar}<text x="${x}" y="${y}"${long}${fill}${weight}${pale}>${spaced(escaped(shown))}</text>`;
    });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    '  font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="15" fill="#cdd6f4" xml:space="preserve">',
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="10" fill="${GROUND}"/>`,
    ...rows.filter((row) => row !== ""),
    "</svg>",
    "",
  ].join("\n");
}

/**
 * Browsers of today make one of several spaces, whatever `xml:space` says.
 * @param {string} text
 */
const spaced = (text) => text.replaceAll(" ", "\u00a0");
