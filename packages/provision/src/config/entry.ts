/** One line for the apply script; `content` is undefined for what is to be removed. See there for the kinds. */
export interface Entry {
  readonly kind: "pending" | "lend" | "undo" | "file" | "remove" | "back" | "final";
  readonly path: string;
  readonly mode?: string;
  readonly content?: string;
}

/** The bundle as the apply script reads it. */
export function bundle(entries: readonly Entry[]): string {
  const line = ({ kind, path, mode = "644", content }: Entry): string =>
    content === undefined ? `remove ${path}` : `${kind} ${path} ${mode} ${Buffer.from(content).toString("base64")}`;
  return `${[...entries.map(line), "end"].join("\n")}\n`;
}
