/** A pattern, and the name of a machine that it is asked about. */
export type Question = readonly [pattern: string, name: string];

const names = ["web-1", "Web-2", "db", "a.b", "node-10", "x", "runner-abcd-12", "MIXED.case-3", "aaa", "0"];
const atoms = [
  ...["a", "b", "web", "WEB", "-", "1", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", "\\.", "\\-", "[a-z]", "[^a-z]"],
  ...[
    "[[:alpha:]]",
    "[[:digit:]]",
    "[[:^alnum:]]",
    "[[:word:]-]",
    "[\\d.]",
    "[a-c-]",
    "[]a]",
    "[^]a]",
    "\\pL",
    "\\p{Lu}",
  ],
  ...[
    "\\P{Greek}",
    "\\Qa.b\\E",
    "\\Q.*",
    "\\x61",
    "\\x{62}",
    "\\141",
    "\\a",
    "\\t",
    "\\C",
    "^",
    "$",
    "\\A",
    "\\z",
    "\\b",
  ],
  ...[
    "\\B",
    "(?i)web",
    "(?s).",
    "(?m)^a$",
    "(?U)a+",
    "(?-i)A",
    "(?P<n>a)",
    "(?<n>b)",
    "(?:ab)",
    "(?i:NODE)",
    "é",
    "[é-ü]",
  ],
];
/** What one of the two languages has and the other has not, or that is broken. */
const odd = [
  ...[
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!b)",
    "\\1",
    "\\k<n>",
    "(?>a)",
    "a++",
    "a**",
    "*",
    "+a",
    "?",
    "{2}",
    "a{2,1}",
    "a{1001}",
  ],
  ...[
    "[",
    "[a",
    "[z-a]",
    "[[:nope:]]",
    "[a-\\d]",
    "\\",
    "\\Z",
    "\\h",
    "\\y",
    "\\p{Nope}",
    "\\pN",
    "(",
    ")",
    "(a",
    "a)",
    "(?",
  ],
  ...[
    "(?x)a",
    "(?P<n",
    "(?P<1>a)",
    "(?P=n)",
    "(?P<n>a)(?P<n>b)",
    "(?i",
    "\\x{110000}",
    "\\xg",
    "\\8",
    "a{,2}",
    "a{2",
    "x{0}",
  ],
  ...[
    "[\\Q]\\E]",
    "(?#c)",
    "(?i-s:a)",
    "(?--i)a",
    "(|a)",
    "a||b",
    "()",
    "\\c",
    "[\\b]",
    "\\u0061",
    "\\/",
    "\\_",
    "\\é",
    "(?a)",
  ],
];
const repeats = ["", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0,2}?", "{,3}"];

/** The same for the same seed everywhere: mulberry32. */
function randomFrom(start: number): <T>(list: readonly T[]) => T {
  let state = start;
  return (list) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return list[((mixed ^ (mixed >>> 14)) >>> 0) % list.length]!;
  };
}

export function questionsFrom(seed: number, count: number): Question[] {
  const pick = randomFrom(seed);
  const piece = (depth: number): string => {
    const kind = pick([0, 0, 0, 0, 0, 1, 2, depth > 2 ? 0 : 3, depth > 2 ? 0 : 4]);
    if (kind === 1) return pick(odd);
    if (kind === 3) return `${pick(["(", "(?:", "(?i:", "(?P<x>"])}${sequence(depth + 1)})${pick(repeats)}`;
    if (kind === 4) return `${sequence(depth + 1)}|${sequence(depth + 1)}`;
    return `${pick(atoms)}${pick(repeats)}`;
  };
  const sequence = (depth: number): string =>
    Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => piece(depth)).join("");
  return Array.from({ length: count }, () => [sequence(0), pick(names)] as const);
}
