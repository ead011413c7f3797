import { posix } from "node:path";
import { MachinistError } from "@machinist/core";

/** Whether a path (relative, `/`-separated) is left out of a build context. */
export type Ignored = (path: string) => boolean;

interface Rule {
  readonly pattern: RegExp;
  readonly keeps: boolean;
}

/** The rules of a .dockerignore as docker reads them: the last rule that matches a path, or a folder above it, wins. */
export function parseDockerignore(text: string): { readonly ignored: Ignored; readonly hasExceptions: boolean } {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((line) => ruleOf(line) ?? []);
  const ignored: Ignored = (path) => {
    const above = ancestors(path);
    let out = false;
    for (const { pattern, keeps } of rules) if (out === keeps && above.some((each) => pattern.test(each))) out = !keeps;
    return out;
  };
  return { ignored, hasExceptions: rules.some((rule) => rule.keeps) };
}

function ruleOf(line: string): Rule | undefined {
  if (line.startsWith("#")) return undefined;
  const trimmed = line.trim();
  const keeps = trimmed.startsWith("!");
  const written = (keeps ? trimmed.slice(1).trim() : trimmed).replaceAll("\\\\", "\\");
  if (written === "") return undefined;
  const path = posix.normalize(written).replace(/^\/+/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return undefined;
  return { pattern: patternOf(path), keeps };
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function ancestors(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function patternOf(path: string): RegExp {
  let source = "";
  for (let at = 0; at < path.length; at++) {
    const char = path[at] ?? "";
    if (path.startsWith("**", at)) {
      const between = path[at + 2] === "/";
      source += between ? "(?:.*/)?" : ".*";
      at += between ? 2 : 1;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "[" && path.indexOf("]", at) > at) {
      const end = path.indexOf("]", at);
      source += path.slice(at, end + 1);
      at = end;
    } else if (char === "\\" && at + 1 < path.length) source += escaped(path[++at] ?? "");
    else source += escaped(char);
  }
  try {
    return new RegExp(`^${source}$`);
  } catch (cause) {
    throw new MachinistError(
      "compose.dockerignore",
      `A .dockerignore file has ${JSON.stringify(path)}, which is no pattern`,
      {
        cause,
        hint: "Docker does not read it either: look at its square brackets",
      },
    );
  }
}

const escaped = (char: string): string => char.replace(/[.*+?^${}()|[\]\\]/, "\\$&");
