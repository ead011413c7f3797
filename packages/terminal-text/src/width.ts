/** East Asian wide and full-width ranges, and the emoji that terminals draw two cells wide. */
const wide =
  /[\u1100-\u115f\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f004}\u{1f0cf}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f200}-\u{1f320}\u{1f32d}-\u{1f335}\u{1f337}-\u{1f37c}\u{1f37e}-\u{1f393}\u{1f3a0}-\u{1f3ca}\u{1f3cf}-\u{1f3d3}\u{1f3e0}-\u{1f3f0}\u{1f3f4}\u{1f3f8}-\u{1f43e}\u{1f440}\u{1f442}-\u{1f4fc}\u{1f4ff}-\u{1f53d}\u{1f54b}-\u{1f54e}\u{1f550}-\u{1f567}\u{1f57a}\u{1f595}\u{1f596}\u{1f5a4}\u{1f5fb}-\u{1f64f}\u{1f680}-\u{1f6c5}\u{1f6cc}\u{1f6d0}-\u{1f6d2}\u{1f6d5}-\u{1f6d7}\u{1f6dc}-\u{1f6df}\u{1f6eb}\u{1f6ec}\u{1f6f4}-\u{1f6fc}\u{1f7e0}-\u{1f7eb}\u{1f7f0}\u{1f90c}-\u{1f93a}\u{1f93c}-\u{1f945}\u{1f947}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** What U+FE0F makes a picture, two cells wide; behind anything else it does nothing. */
const emoji = /^\p{Emoji}/u;
/** Two letters that are one flag. */
const flag = /^\p{Regional_Indicator}{2}/u;
const colours = /\x1b\[[0-9;]*m/g;
/** One cell each: ASCII, Latin, box drawing and the marks we draw ourselves. The rest is looked at one by one. */
const plain = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f\u2714\u2716\u2800-\u28ff]*$/;

/** How many cells of a terminal a text takes. Colour sequences take none. */
export function widthOf(text: string): number {
  const bare = text.includes("\x1b") ? text.replace(colours, "") : text;
  let width = 0;
  if (plain.test(bare)) return bare.length;
  for (const cluster of clusters(bare)) width += clusterWidth(cluster);
  return width;
}

/** What a reader sees as one character each: a family emoji is one. */
export const clusters = (text: string): string[] =>
  plain.test(text) ? [...text] : Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

export function clusterWidth(cluster: string): number {
  let width = flag.test(cluster) ? 2 : 0;
  for (const character of cluster) {
    if (character === "\ufe0f" && emoji.test(cluster)) width = 2;
    else if (!zero.test(character)) width = Math.max(width, wide.test(character) ? 2 : 1);
  }
  return width;
}
