/** Longer words are no typing mistakes, and comparing them would only cost time. */
const longest = 64;

/** A word as people mistype it: case, dashes, underscores and dots do not count. */
const folded = (word: string): string => word.toLowerCase().replace(/[-_. ]/g, "");

/**
 * How many single-character insertions, deletions, substitutions and swaps of neighbours lie between two words
 * (Damerau-Levenshtein, each stretch edited once). Code units, not graphemes.
 */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  let older: number[] = [];
  let above = Array.from({ length: width }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column < width; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, older[column - 2]! + 1);
      current.push(best);
    }
    older = above;
    above = current;
  }
  return above[width - 1]!;
}

/**
 * The candidate a user most likely meant by `name`, or undefined where none is near: about one mistake in three letters,
 * at most three. The first of equals wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name === "" || name.length > longest) return undefined;
  const wanted = folded(name);
  let found: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    if (candidate.length > longest) continue;
    const distance = editDistance(wanted, folded(candidate));
    if (distance >= least || distance >= Math.max(wanted.length, 1)) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

/** `; did you mean "X"?` or, where nothing is near, nothing: the end of a sentence. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = nearest(name, candidates);
  return found === undefined ? "" : `; did you mean "${found}"?`;
}
