import { readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

/**
 * If `name` is the selected context, select docker's default again. The rest of config.json, which is the user's, keeps its bytes.
 * Returns whether it was selected.
 */
export async function deselectContext(configDir: string, name: string): Promise<boolean> {
  const path = join(configDir, "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return false;
  }
  const without = withoutCurrentContext(text, name);
  if (without === undefined) return false;
  // It may be a link into someone's dotfiles: what it points to is rewritten.
  const real = await realpath(path);
  const temporary = `${real}.${process.pid}.tmp`;
  await writeFile(temporary, without, { mode: (await stat(real)).mode & 0o777 });
  await rename(temporary, real);
  return true;
}

/** The text of a config.json without its `currentContext`, or undefined if that is not `name` (or the text is no JSON object). */
export function withoutCurrentContext(text: string, name: string): string | undefined {
  const config = parseObject(text);
  if (config === undefined || config.currentContext !== name) return undefined;
  const { currentContext: _, ...rest } = config;
  const value = String.raw`"currentContext"\s*:\s*"(?:[^"\\]|\\.)*"`;
  const candidates = [
    text.replace(new RegExp(String.raw`,\s*${value}`), ""),
    text.replace(new RegExp(String.raw`${value}\s*,\s*`), ""),
    text.replace(new RegExp(value), ""),
  ];
  const indent = /^\{\s*\n([ \t]+)/.exec(text)?.[1] ?? "\t";
  return (
    candidates.find((candidate) => isDeepStrictEqual(parseObject(candidate), rest)) ??
    JSON.stringify(rest, null, indent)
  );
}

function parseObject(text: string): { [key: string]: unknown } | undefined {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as { [key: string]: unknown })
      : undefined;
  } catch {
    return undefined;
  }
}
