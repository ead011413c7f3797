/**
 * The mode of a file that is the user's: owner, mode and whatever else it has stay, and a link goes on pointing where it
 * does. 0644 where there is none yet.
 */
export const AS_IT_IS = "as-it-is";

/** One line for the apply script; `content` is undefined for what is to be removed. See there for the kinds. */
export interface Entry {
  readonly kind: "pending" | "lend" | "undo" | "file" | "remove" | "back" | "final" | "drop";
  readonly path: string;
  /** Octal, or {@link AS_IT_IS}. */
  readonly mode?: string;
  readonly content?: string;
}

/** A file to put in place, or to take away where there is no content. */
export const fileEntry = (path: string, mode: string, content: string | undefined): Entry =>
  content === undefined ? { kind: "remove", path, mode } : { kind: "file", path, mode, content };

/** The bundle as the apply script reads it. */
export function bundle(entries: readonly Entry[]): string {
  const line = ({ kind, path, mode = "644", content }: Entry): string =>
    content === undefined
      ? `${kind} ${path} ${mode}`
      : `${kind} ${path} ${mode} ${Buffer.from(content).toString("base64")}`;
  return `${[...entries.map(line), "end"].join("\n")}\n`;
}
