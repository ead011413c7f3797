import { ManifestError, Problems } from "./problem.ts";
import { placeAt, type Source, type SourceLocation } from "./source-location.ts";
import type { Tree } from "./tree.ts";
import { yamlTree } from "./yaml-tree.ts";

/** JSON is read by the YAML reader, for its line numbers, after JSON's own reader agreed that it is JSON. */
export async function jsonTree(source: Source, problems: Problems): Promise<Tree | undefined> {
  try {
    JSON.parse(source.text);
  } catch (error) {
    throw await notJson(source, error instanceof Error ? error.message : "");
  }
  return yamlTree(source, problems);
}

async function notJson(source: Source, message: string): Promise<ManifestError> {
  const offset = /position (\d+)/.exec(message)?.[1];
  const place = offset === undefined ? await guess(source) : placeAt(source, Number(offset));
  const what = message.replace(/,? ?(in JSON )?(at position|"|\.\.\.).*$/s, "").replace(/[\s,]+$/, "");
  return new ManifestError([
    { code: "manifest.syntax", sentence: `this is not valid JSON: ${what || "it ends too soon"}`, place },
  ]);
}

/** Some versions of Node do not say where: then it is where the YAML reader stumbles too, or the end. */
async function guess(source: Source): Promise<SourceLocation> {
  const place = await yamlTree(source, new Problems()).then(
    () => undefined,
    (error: unknown) => (error instanceof ManifestError ? error.problems[0]?.place : undefined),
  );
  return place ?? placeAt(source, source.text.trimEnd().length);
}
