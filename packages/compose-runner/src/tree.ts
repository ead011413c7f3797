import { MachinistError } from "@machinist/core";
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar } from "yaml";

/** Where a file's relative paths start, and what its variables are. */
export interface Scope {
  readonly base: string;
  readonly lookup: (name: string) => string | undefined;
}

/** Where a value stands: the file and its characters there, and how its paths and variables are read. */
export interface Origin {
  readonly file: SourceFile;
  readonly scope: Scope;
  readonly start: number;
  readonly end: number;
}

/** The text of a compose file that was read. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** `compose.yaml:12` for the character at an offset. */
  place(offset: number): string;
}

/** Compose's own tags: what was there before goes away, with or without something in its place. */
export type Tag = "!reset" | "!override";

/** A value of a compose file, which knows where it stands. Aliases and merge keys are followed. */
export type Tree = Branch | Items | Leaf;
export interface Branch {
  readonly type: "map";
  readonly entries: ReadonlyMap<string, Tree>;
  readonly origin: Origin;
  readonly tag?: Tag;
}
export interface Items {
  readonly type: "list";
  readonly items: readonly Tree[];
  readonly origin: Origin;
  readonly tag?: Tag;
}
export interface Leaf {
  readonly type: "leaf";
  /** A string, number, boolean or null, as YAML has it. */
  readonly value: unknown;
  readonly origin: Origin;
  readonly tag?: Tag;
}

/** A file of people has a hundredth of these; aliases of aliases come to more than any computer has. */
const MOST_VALUES = 200_000;

/** The tree of one YAML document. Throws `compose.syntax` for an alias without an anchor, and for one that grows without end. */
export function treeOf(document: Document, file: SourceFile, scope: Scope): Tree {
  return new TreeBuilder(file, scope).tree(document.contents);
}

class TreeBuilder {
  readonly #file: SourceFile;
  readonly #scope: Scope;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(file: SourceFile, scope: Scope) {
    this.#file = file;
    this.#scope = scope;
  }

  tree(node: Node | null): Tree {
    const origin = this.#origin(node);
    if (++this.#values > MOST_VALUES) throw this.#fault(origin, "its aliases come to more than can be read");
    if (node === null) return { type: "leaf", value: null, origin };
    if (isAlias(node)) return this.#aliased(node.source, origin);
    if ("anchor" in node && node.anchor) this.#anchors.set(node.anchor, node);
    const tag = node.tag === "!reset" || node.tag === "!override" ? { tag: node.tag as Tag } : {};
    if (isSeq(node)) return { type: "list", items: node.items.map((item) => this.tree(item as Node)), origin, ...tag };
    if (isMap(node)) return { type: "map", entries: this.#entries(node.items), origin, ...tag };
    return { type: "leaf", value: isScalar(node) ? node.value : null, origin, ...tag };
  }

  #aliased(name: string, origin: Origin): Tree {
    const node = this.#anchors.get(name);
    if (node === undefined) throw this.#fault(origin, `there is no anchor &${name} above`);
    if (this.#open.has(node)) throw this.#fault(origin, `the anchor &${name} holds itself`);
    this.#open.add(node);
    const tree = this.tree(node);
    this.#open.delete(node);
    return tree;
  }

  #entries(pairs: readonly unknown[]): Map<string, Tree> {
    const own = new Map<string, Tree>();
    const merged: Tree[] = [];
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const value = this.tree(pair.value as Node | null);
      if (isScalar(pair.key) && isMergeKey(pair.key)) merged.push(...(value.type === "list" ? value.items : [value]));
      else own.set(keyOf(pair.key), value);
    }
    if (merged.length === 0) return own;
    const all = new Map<string, Tree>();
    for (const each of merged.toReversed())
      if (each.type === "map") for (const [key, tree] of each.entries) all.set(key, tree);
    for (const [key, tree] of own) all.set(key, tree);
    return all;
  }

  #origin(node: Node | null): Origin {
    const [start, end] = node?.range ?? [0, 0];
    return { file: this.#file, scope: this.#scope, start, end };
  }

  #fault({ start }: Origin, what: string): MachinistError {
    return new MachinistError("compose.syntax", `${this.#file.place(start)}: ${what}`, {
      hint: "Look at the anchors (&name) and aliases (*name) of that file",
    });
  }
}

const isMergeKey = (key: Scalar): boolean => key.type === "PLAIN" && key.source === "<<";

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

export const entry = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.type === "map" ? tree.entries.get(key) : undefined;

export const entriesOf = (tree: Tree | undefined): [string, Tree][] => (tree?.type === "map" ? [...tree.entries] : []);

/** Its items; one value alone is a list of one, as compose has it for most lists. */
export const itemsOf = (tree: Tree | undefined): readonly Tree[] =>
  tree === undefined || (tree.type === "leaf" && tree.value === null) ? [] : tree.type === "list" ? tree.items : [tree];

/** `compose.yaml:12`. */
export const placeOf = ({ origin }: Tree): string => origin.file.place(origin.start);

/** Every value that is neither a map nor a list. */
export function* leavesOf(tree: Tree): Generator<unknown> {
  if (tree.type === "leaf") yield tree.value;
  else for (const each of tree.type === "map" ? tree.entries.values() : tree.items) yield* leavesOf(each);
}
