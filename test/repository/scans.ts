import { basename } from "node:path";
import { filesBelow, packages, readText } from "./packages.ts";

/** What dependency-cruiser cannot see: rules on the text of sources, each with its reason. */
export interface Scan {
  readonly name: string;
  readonly comment: string;
  readonly except: readonly string[];
  readonly pattern: RegExp;
}

const programs = ["cli", "tui", "docker-machine", "docker-machine-drivers", "gitlab-fleeting"];

export const scans: readonly Scan[] = [
  {
    name: "libraries-print-nothing",
    comment: "Events and results are data; an embedding program decides what a person sees.",
    except: programs,
    pattern: /\bconsole\s*\.\s*\w+\s*\(|\bprocess\s*\.\s*(stdout|stderr)\b/,
  },
  {
    name: "libraries-never-exit",
    comment: "A library that ends the process takes its host's unsaved work and clean-up with it.",
    except: programs,
    pattern: /\bprocess\s*\.\s*(exit|abort|exitCode)\b/,
  },
  {
    name: "libraries-ask-nothing",
    comment: "A prompt inside a library hangs every program without a terminal.",
    except: programs,
    pattern: /\bprocess\s*\.\s*stdin\b/,
  },
  {
    name: "shells-are-written-to-in-one-place",
    comment:
      "Quoting that is written again is wrong somewhere: @machinist/values has it, tried on real shells. cli and docker-machine set variables of many shells, each as its own table says.",
    except: ["values", "cli", "docker-machine", "lab"],
    pattern: /replace(All)?\(\s*(["'`/])'\2/,
  },
  {
    name: "no-switched-off-types",
    comment: "A silenced compiler hides the next mistake in that line as well.",
    except: [],
    pattern: /@ts-(ignore|nocheck|expect-error)/,
  },
];

/** A source without its comments; strings stay, line numbers too. */
export function withoutComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
  return source.replace(token, (text) => (/^\/[/*]/.test(text) ? text.replace(/[^\n]/g, " ") : text));
}

/** `path:line` of every line of `source` that the scan forbids. */
export function breaches(scan: Scan, path: string, source: string): string[] {
  const text = scan.name === "no-switched-off-types" ? source : withoutComments(source);
  return text.split("\n").flatMap((line, index) => (scan.pattern.test(line) ? [`${path}:${index + 1}`] : []));
}

/** Every source file of every package: what is shipped, not its tests. */
export const sources = (): { folder: string; path: string }[] =>
  packages().flatMap(({ folder }) =>
    filesBelow(`packages/${folder}/src`, [".ts", ".tsx", ".mjs", ".js"]).map((path) => ({ folder, path })),
  );

/** Names that say nothing of what is inside, so that everything ends up there. */
const grabBag = /^(utils?|helpers?|common|misc|shared|stuff|tools?|lib)$/i;

export const isGrabBag = (path: string): boolean =>
  path.split("/").some((part) => grabBag.test(basename(part).replace(/(\.d)?\.[cm]?[jt]sx?$/, "")));

export const lineCount = (path: string): number => readText(path).trimEnd().split("\n").length;
