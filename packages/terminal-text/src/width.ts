import { eastAsianWidth } from "get-east-asian-width";

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
    else if (!zero.test(character)) width = Math.max(width, eastAsianWidth(character.codePointAt(0) ?? 0));
  }
  return width;
}
