import { readFile, stat, writeFile } from "node:fs/promises";
import { MachinistError, writeAtomic } from "@machinist/core";

/** A text with the lines between two marker lines replaced, or added at its end; without lines the block goes. Pure. */
export function withBlock(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`# machinist ${name}: begin`, `# machinist ${name}: end`];
  const all = text.split("\n");
  const from = all.indexOf(begin);
  const to = from < 0 ? -1 : all.indexOf(end, from);
  // A begin whose end was lost: only that line is surely ours.
  const kept = from < 0 ? all : [...all.slice(0, from), ...all.slice((to < 0 ? from : to) + 1)];
  if (lines.length === 0) return kept.join("\n");
  const block = [begin, ...lines, end];
  if (from >= 0) return [...kept.slice(0, from), ...block, ...kept.slice(from)].join("\n");
  const before = kept.join("\n");
  return `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${block.join("\n")}\n`;
}

/** Put a changed text into a file of this computer. Throws `hook.write`. */
export async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  try {
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return "";
      throw cause;
    });
    const next = change(text);
    if (next === text) return;
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0o644;
    // In a container the hosts file is a mount: it cannot be replaced, only written.
    await writeAtomic(path, next, mode & 0o777).catch(() => writeFile(path, next));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new MachinistError("hook.write", `${path} could not be written: ${code}`, {
      cause,
      hint: "Run machinist as a user who may, or give the hook another file",
    });
  }
}
