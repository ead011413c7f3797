import type * as Yaml from "yaml";
import type { Alias, Document, LineCounter, Node, Pair, Scalar, YAMLMap } from "yaml";
import { ManifestError, type ProblemCode, type Problems } from "./problem.ts";
import { placeAt, type Source, type SourceLocation } from "./source-location.ts";
import { type Entry, merge, type Tree } from "./tree.ts";

/** No manifest has more values than this, however its aliases multiply them. */
const mostValues = 50_000;
const deepest = 50;

/** Read YAML 1.2, with `<<` merging. Throws `manifest.syntax`, `manifest.aliases`, `manifest.duplicate-key` …. */
export async function yamlTree(source: Source, problems: Problems): Promise<Tree | undefined> {
  const yaml = await import("yaml");
  const counter = new yaml.LineCounter();
  let document: Document.Parsed;
  try {
    // Duplicates are found below: the parser compares every key with every other.
    const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
    document = yaml.parseDocument(source.text, { ...options, schema: "core", version: "1.2", logLevel: "error" });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ManifestError([tooDeep(placeAt(source, 0))]);
  }
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault?.message.includes("call stack")) throw new ManifestError([tooDeep(placeAt(source, fault.pos[0]))]);
  if (fault !== undefined) throw syntaxError(source, inOurWords[fault.code] ?? fault.message, fault.pos[0], counter);
  if (document.contents === null) return undefined;
  return new Conversion(yaml, source, counter, problems).tree(document.contents, 0);
}

/** What the parser says to programmers, said to those who write a manifest. */
const inOurWords: { readonly [code: string]: string } = {
  MULTIPLE_DOCS: "a manifest is one document; use several files instead",
  NON_STRING_KEY: "a key must be a word",
};

const tooDeep = (place: SourceLocation) =>
  ({ code: "manifest.too-large", sentence: `it is nested more than ${deepest} levels deep`, place }) as const;

function syntaxError(source: Source, message: string, offset: number, counter: LineCounter): ManifestError {
  const { line, col } = counter.linePos(Math.min(offset, source.text.length));
  const place = { source, line: Math.max(1, line), column: Math.max(1, col) };
  const first = message.split("\n", 1)[0]!.slice(0, 160);
  const aboutVariable = /\$\{/.test(source.text.split("\n")[place.line - 1] ?? "");
  const hint = aboutVariable ? 'Inside { } and [ ], text with a variable needs quotes: "${NAME}".' : undefined;
  return new ManifestError([{ code: "manifest.syntax", sentence: `this is not valid YAML: ${first}`, place, hint }]);
}

/** One walk over a parsed document, in the order it is written. */
class Conversion {
  readonly #yaml: typeof Yaml;
  readonly #source: Source;
  readonly #counter: LineCounter;
  readonly #problems: Problems;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(yaml: typeof Yaml, source: Source, counter: LineCounter, problems: Problems) {
    this.#yaml = yaml;
    this.#source = source;
    this.#counter = counter;
    this.#problems = problems;
  }

  tree(node: Node, depth: number): Tree {
    const place = this.#place(node);
    if (depth > deepest) throw new ManifestError([tooDeep(place)]);
    if (++this.#values > mostValues) throw this.#tooMany(place);
    if (this.#yaml.isAlias(node)) return this.#alias(node, place, depth);
    if ("anchor" in node && typeof node.anchor === "string") this.#anchors.set(node.anchor, node);
    if (this.#yaml.isScalar(node)) return leaf(node, place);
    this.#open.add(node);
    const found: Tree = this.#yaml.isSeq<Node>(node)
      ? { kind: "list", items: node.items.map((item) => this.tree(item, depth + 1)), place }
      : this.#map(node as YAMLMap<Node, Node | null>, place, depth);
    this.#open.delete(node);
    return found;
  }

  #map(node: YAMLMap<Node, Node | null>, place: SourceLocation, depth: number): Tree {
    const entries = new Map<string, Entry>();
    let merged: Tree | undefined;
    for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
      const name = String((key as Scalar).value);
      const keyPlace = this.#place(key);
      const child: Tree = value
        ? this.tree(value, depth + 1)
        : { kind: "leaf", value: null, text: "", place: keyPlace };
      if (name === "<<" && (key as Scalar).type === "PLAIN") merged = this.#mergeKey(merged, child);
      else if (entries.has(name)) this.#duplicate(name, keyPlace);
      else entries.set(name, { key: keyPlace, value: child });
    }
    const own: Tree = { kind: "map", entries, place };
    return merged === undefined ? own : shallow(merged, own);
  }

  /** `<<: *one` or `<<: [*one, *two]`; of several, the first wins. */
  #mergeKey(before: Tree | undefined, value: Tree): Tree | undefined {
    const maps = value.kind === "list" ? value.items : [value];
    const wrong = maps.find((map) => map.kind !== "map");
    if (wrong !== undefined) this.#add("manifest.syntax", "`<<` can only take maps in", wrong.place);
    return maps
      .filter((map) => map.kind === "map")
      .reduceRight<Tree | undefined>((sum, map) => (sum === undefined ? map : shallow(sum, map)), before);
  }

  #alias(node: Alias, place: SourceLocation, depth: number): Tree {
    const target = this.#anchors.get(node.source);
    const fail = (code: ProblemCode, sentence: string) => new ManifestError([{ code, sentence, place }]);
    if (target === undefined)
      throw fail(
        "manifest.syntax",
        "there is no anchor for this alias before it; a value that begins with * must be in quotes",
      );
    if (this.#open.has(target)) throw fail("manifest.aliases", `the alias *${node.source} contains itself`);
    return this.tree(target, depth);
  }

  #place(node: Node): SourceLocation {
    const { line, col } = this.#counter.linePos(node.range?.[0] ?? 0);
    return { source: this.#source, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #duplicate(name: string, place: SourceLocation): void {
    this.#add("manifest.duplicate-key", `the key ${JSON.stringify(name.slice(0, 60))} is there twice`, place);
  }

  #add(code: ProblemCode, sentence: string, place: SourceLocation): void {
    this.#problems.add({ code, sentence, place });
  }

  #tooMany(place: SourceLocation): ManifestError {
    const code = this.#anchors.size > 0 ? "manifest.aliases" : "manifest.too-large";
    const why = this.#anchors.size > 0 ? ", counting what aliases repeat" : "";
    return new ManifestError([{ code, sentence: `there are more than ${mostValues} values in it${why}`, place }]);
  }
}

/** `<<` works one level deep: keys of the map itself replace those merged in. */
function shallow(under: Tree, over: Tree): Tree {
  if (under.kind !== "map" || over.kind !== "map") return merge(under, over);
  return { kind: "map", entries: new Map([...under.entries, ...over.entries]), place: over.place };
}

function leaf(node: Scalar, place: SourceLocation): Tree {
  const { value } = node;
  const plain = value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string";
  return { kind: "leaf", value: plain ? value : String(value), text: node.source ?? String(value), place };
}
