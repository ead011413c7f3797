import { type FileHandle, open } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { ManifestError, type ProblemCode } from "./problem.ts";
import type { Source } from "./source-location.ts";

/** The largest manifest that is read, in bytes. */
export const mostBytes = 1024 * 1024;

/** The most lines, brackets, quotes and other marks: reading takes time by these, not by bytes. */
export const mostMarks = 30_000;

const refuse = (code: ProblemCode, sentence: string, hint?: string): ManifestError =>
  new ManifestError([{ code, sentence, hint }]);

/** A path as people like to read it: relative to `cwd` where it lies below. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

/**
 * Read a text file. Throws `manifest.not-found`, `manifest.unreadable`, `manifest.too-large` (more than 1 MiB, or than
 * 30 000 marks of structure) or `manifest.encoding` (not UTF-8 text).
 */
export async function readSource(path: string, cwd: string): Promise<Source> {
  const name = shortPath(path, cwd);
  const bytes = await readBytes(path, name);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (_cause) {
    throw refuse("manifest.encoding", `${name} is not UTF-8 text`, "Save it as UTF-8.");
  }
  if (/[\x00-\x08\x0e-\x1f]/.test(text))
    throw refuse("manifest.encoding", `${name} is not a text file: it has control characters in it`);
  if (countMarks(text) > mostMarks)
    throw refuse(
      "manifest.too-large",
      `${name} has more than ${mostMarks} lines, brackets, quotes and other marks in it`,
    );
  return { path, name, text };
}

function countMarks(text: string): number {
  let count = 0;
  const marks = /[\n[\]{},:?&*!'"\\%#]|-(?=\s)/g;
  while (count <= mostMarks && marks.test(text)) count++;
  return count;
}

async function readBytes(path: string, name: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const found = await file.stat();
    if (found.isDirectory()) throw refuse("manifest.unreadable", `${name} is a folder, not a file`);
    // Pipes have no size: read no more than the limit, whatever it is.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, null);
    if (bytesRead > mostBytes) throw refuse("manifest.too-large", `${name} is larger than 1 MiB`);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw openFailure(error, name);
  } finally {
    await file?.close();
  }
}

function openFailure(error: unknown, name: string): ManifestError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT" || code === "ENOTDIR")
    return refuse("manifest.not-found", `There is no file ${name}`, "Name another with `--file PATH`.");
  if (code === "EACCES" || code === "EPERM") return refuse("manifest.unreadable", `You may not read ${name}`);
  return refuse("manifest.unreadable", `${name} cannot be read (${code})`);
}
