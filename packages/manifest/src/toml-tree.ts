import type { TomlValue } from "smol-toml";
import { ManifestError } from "./problem.ts";
import { placeAt, type Source, type SourceLocation } from "./source-location.ts";
import { tomlPlaces } from "./toml-locations.ts";
import type { Entry, Tree } from "./tree.ts";

/** Read TOML 1.0. Throws `manifest.syntax`. Values have the place of their key's line, as far as it can be told. */
export async function tomlTree(source: Source): Promise<Tree> {
  const { parse, TomlError } = await import("smol-toml");
  const places = tomlPlaces(source);
  try {
    return tree(parse(source.text), [], (path) => nearestPlace(source, places, path));
  } catch (error) {
    if (error instanceof TomlError) {
      const sentence = error.message.split("\n", 1)[0]!.replace(/^Invalid TOML document: /, "this is not valid TOML: ");
      throw new ManifestError([
        { code: "manifest.syntax", sentence, place: { source, line: error.line, column: error.column } },
      ]);
    }
    if (error instanceof RangeError)
      throw new ManifestError([
        { code: "manifest.too-large", sentence: "it is nested too deep", place: placeAt(source, 0) },
      ]);
    throw error;
  }
}

const deepest = 50;

type Find = (path: readonly string[]) => SourceLocation;

function tree(value: TomlValue, path: readonly string[], find: Find): Tree {
  const place = find(path);
  if (path.length > deepest)
    throw new ManifestError([
      { code: "manifest.too-large", sentence: `it is nested more than ${deepest} levels deep`, place },
    ]);
  if (Array.isArray(value))
    return { kind: "list", items: value.map((item, index) => tree(item, [...path, String(index)], find)), place };
  if (typeof value === "object" && !(value instanceof Date)) {
    const entries = new Map<string, Entry>();
    for (const [name, child] of Object.entries(value))
      entries.set(name, { key: find([...path, name]), value: tree(child, [...path, name], find) });
    return { kind: "map", entries, place };
  }
  const plain = typeof value === "bigint" || typeof value === "object" ? String(value) : value;
  return { kind: "leaf", value: plain, text: String(plain), place };
}

/** The place of a path, else that of the nearest thing around it. */
function nearestPlace(
  source: Source,
  places: ReadonlyMap<string, SourceLocation>,
  path: readonly string[],
): SourceLocation {
  for (let length = path.length; length > 0; length--) {
    const found = places.get(path.slice(0, length).join("\0"));
    if (found !== undefined) return found;
  }
  return placeAt(source, 0);
}
