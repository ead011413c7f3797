import { filesBelow, packages, readText } from "./packages.ts";

/** Every page that a reader may open. */
export const pages = (): string[] => [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesBelow("docs", [".md"]),
  ...filesBelow("examples", [".md"]),
  ...packages().flatMap(({ folder }) => filesBelow(`packages/${folder}`, ["README.md"])),
];

export interface Block {
  /** `path:line`, of its first line. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export function blocks(path: string, page: string = readText(path)): Block[] {
  const found: Block[] = [];
  const lines = page.split("\n");
  for (let start = 0; start < lines.length; start += 1) {
    const fence = /^(\s*)```(\w+)\s*$/.exec(lines[start]!);
    if (fence === null) continue;
    const end = lines.findIndex((line, index) => index > start && line.trim() === "```");
    if (end === -1) throw new Error(`${path}:${start + 1}: this block has no end`);
    const text = lines.slice(start + 1, end).map((line) => line.replace(fence[1]!, ""));
    found.push({ at: `${path}:${start + 2}`, language: fence[2]!, text: text.join("\n") });
    start = end;
  }
  return found;
}

/** Targets of a page's links that lead into this repository. */
export const localLinks = (page: string): string[] =>
  [...page.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ""));

/** The argument lists of `machinist …` lines in a shell block, comments and what is piped elsewhere left out. */
export function machinistLines(text: string): string[][] {
  return text.split("\n").flatMap((line) => {
    const code = line.replace(/(^|\s)#.*$/, "");
    return [...code.matchAll(/(?:^\s*(?:\$ )?|[$<]\(|; |&& |\| )(?:sudo )?(?:npx )?machinist ([^;|&)"<>]*)/g)].map(
      ([, rest]) => rest!.trim().split(/\s+/),
    );
  });
}
