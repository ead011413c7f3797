import { readFile } from "node:fs/promises";
import { type Data, MachinistError, shape } from "@machinist/core";
import { parse } from "smol-toml";

/** One `[[runners]]` of a config.toml. */
export interface Runner {
  /** Its own, or its place in the file. */
  readonly name: string;
  readonly content: Data;
}

/** The runners of GitLab Runner's config.toml. `command`: who reads it, for the hint. Throws `fleeting.config`. */
export async function readRunners(path: string, command: "check" | "convert"): Promise<Runner[]> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw notRight(
      `${path} cannot be read: ${cause.message}`,
      `Name it: fleeting-plugin-machinist ${command} -c PATH`,
      cause,
    );
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    // Its other lines quote the file, which holds the runner's token.
    const [first = ""] = (cause as Error).message.split("\n", 1);
    throw notRight(`${path} is no TOML: ${first}`, "GitLab Runner could not read it either", cause);
  }
  const { runners } = content as { runners?: unknown };
  return (Array.isArray(runners) ? runners : []).filter(shape.isData).map((runner, index) => ({
    name: typeof runner.name === "string" ? runner.name : `runner ${index + 1}`,
    content: runner,
  }));
}

export const notRight = (sentence: string, hint: string, cause?: unknown): MachinistError =>
  new MachinistError("fleeting.config", sentence, { hint, cause });
