import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError } from "@machinist/core";

/**
 * Put a file in place whole, unless there is one already: of many processes that try at once the first wins, and all get
 * the winner's content. `link` is what makes it one step: it refuses an existing name, and what it names is complete.
 */
export async function publish(path: string, content: string, mode: number): Promise<string> {
  return placed(path, content, mode, async (temporary) => {
    try {
      await link(temporary, path);
      return content;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
      return readFile(path, "utf8");
    }
  });
}

/** Put a file in place whole, over any earlier one. */
export async function replace(path: string, content: string, mode: number): Promise<void> {
  await placed(path, content, mode, async (temporary) => {
    await rename(temporary, path);
    return content;
  });
}

export interface WholeFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/**
 * Put files in place that belong together, over any earlier ones: all are written and on disk before the first is
 * renamed, so that only the renames, microseconds apart, lie between the old set and the new.
 */
export async function replaceTogether(files: readonly WholeFile[], staged: readonly Staged[] = []): Promise<void> {
  const [first, ...rest] = files;
  if (!first) {
    for (const { temporary, path } of staged) await rename(temporary, path);
    return;
  }
  const { path, content, mode } = first;
  await placed(path, content, mode, async (temporary) => {
    await replaceTogether(rest, [...staged, { temporary, path }]);
    return content;
  });
}

interface Staged {
  readonly temporary: string;
  readonly path: string;
}

/** The file's text, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw new MachinistError("certs.read", `${path} cannot be read`, {
      cause: error,
      hint: "Check who owns it and its permissions: ls -l",
    });
  }
}

async function placed(
  path: string,
  content: string,
  mode: number,
  put: (temporary: string) => Promise<string>,
): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    // The mode given to open is cut by the umask.
    await chmod(temporary, mode);
    return await put(temporary);
  } catch (error) {
    const hint = isCode(error, "ENOSPC") ? "The disk is full." : `Check that ${dirname(path)} is yours to write.`;
    throw new MachinistError("certs.write", `${path} cannot be written`, { cause: error, hint });
  } finally {
    await rm(temporary, { force: true });
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
