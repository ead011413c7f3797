/** Cells of a monospaced font of 15 px, and the room around the text. */
const CELL = { width: 9.03, height: 21 };
const EDGE = 18;

/** By SGR code: a dark terminal's colours. */
const COLOURS = new Map([
  [31, "#f38ba8"],
  [32, "#a6e3a1"],
  [33, "#f9e2af"],
  [36, "#94e2d5"],
]);

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * A line with its colour sequences as spans of one style each.
 * @param {string} line
 */
function spans(line) {
  let style = { colour: "", bold: false, dim: false };
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
      if (code === 0) style = { colour: "", bold: false, dim: false };
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 22) style = { ...style, bold: false, dim: false };
      else style = { ...style, colour: COLOURS.get(code) ?? "" };
    }
  }
  return found;
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
  const rows = lines.flatMap((line, row) =>
    spans(line).map(({ colour, bold, dim, at, text: piece }) => {
      const lead = piece.length - piece.trimStart().length;
      const shown = piece.trim();
      if (shown === "") return "";
      const x = (EDGE + (at + lead) * CELL.width).toFixed(1);
      const y = (EDGE + (row + 0.72) * CELL.height).toFixed(1);
      const fill = colour === "" ? "" : ` fill="${colour}"`;
      const weight = bold ? ' font-weight="bold"' : "";
      const pale = dim ? ' opacity="0.6"' : "";
      const long = ` textLength="${(shown.length * CELL.width).toFixed(1)}"`;
      return `<text x="${x}" y="${y}"${long}${fill}${weight}${pale}>${escaped(shown)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    '  font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="15" fill="#cdd6f4" xml:space="preserve">',
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#1e1e2e"/>`,
    ...rows.filter((row) => row !== ""),
    "</svg>",
    "",
  ].join("\n");
}
