import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Lookup, readDotEnv, VariableFailure } from "@machinist/values";
import { mostBytes } from "./source.ts";

/**
 * What the environment and the `.env` file at `path` say, the environment first. The file may be missing; whatever else
 * is wrong with it or in it matters only to who asks for a variable that the environment does not have.
 */
export async function withDotEnv(path: string, outer: Lookup): Promise<Lookup> {
  const found = await textOf(path);
  if (found === undefined) return outer;
  const inner = "text" in found ? readDotEnv(found.text, outer).lookup : unreadable(found.problem);
  return (name) => outer(name) ?? inner(name);
}

const unreadable =
  (problem: string): Lookup =>
  (name) => {
    throw new VariableFailure(
      `the variable ${name} is not set, and the .env file beside the manifest ${problem}`,
      `Set ${name} in the environment, or put that file right.`,
    );
  };

async function textOf(path: string): Promise<{ readonly text: string } | { readonly problem: string } | undefined> {
  let file: FileHandle | undefined;
  try {
    // A pipe that nobody writes to would be waited for, without an end and deaf to signals.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = await file.stat();
    if (!found.isFile()) return { problem: "is no file" };
    if (found.size > mostBytes) return { problem: "is larger than 1 MiB" };
    // What is not UTF-8 stays in the value, where it is seen if that is asked for.
    return { text: new TextDecoder().decode(await file.readFile()).replaceAll("\r\n", "\n") };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { problem: code === "EACCES" || code === "EPERM" ? "may not be read" : `cannot be read (${code})` };
  } finally {
    await file?.close();
  }
}
