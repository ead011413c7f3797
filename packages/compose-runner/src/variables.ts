/** Variables by name, as an env file gives them. */
export type Variables = Readonly<Record<string, string>>;

/** An env file as compose reads it: `K=V`, `export K=V`, comments, quotes. What it cannot read it skips. */
export function parseEnvFile(text: string): Variables {
  const found: Record<string, string> = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) found[match[1]] = unquoted(match[2] ?? "");
  }
  return found;
}

function unquoted(raw: string): string {
  const single = /^'([^']*)'/.exec(raw);
  if (single !== null) return single[1] ?? "";
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(raw);
  if (double !== null) return (double[1] ?? "").replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
  return raw.replace(/\s+#.*$/, "").trim();
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` and their like, as far as a path can hold them. */
export function interpolate(text: string, variables: Variables): string {
  return text.replace(
    /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])((?:[^{}]|\{[^}]*\})*))?\})/g,
    (
      whole,
      plain: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
      word: string | undefined,
    ) => {
      if (whole === "$$") return "$";
      const value = variables[plain ?? braced ?? ""];
      const given = operator?.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
      if (operator?.endsWith("-")) return given ? (value ?? "") : interpolate(word ?? "", variables);
      if (operator?.endsWith("+")) return given ? interpolate(word ?? "", variables) : "";
      return value ?? "";
    },
  );
}
