import type { Output } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { type Command, exec } from "./exec.ts";
import type { Link } from "./link.ts";

/**
 * The script for `sh -s`, in braces: sh then reads all of it before it does any of it, and a program in the script that
 * reads stdin finds its end instead of eating the rest of the script.
 */
export const onStdin = (script: string): string => `{ ${script}\n}\n`;

/** Runs a constant script whose data are its arguments and stdin; anything but 0 is the error `code`. */
export async function demand(
  link: Link,
  script: string,
  args: readonly string[],
  code: string,
  command: Omit<Command, "argv"> & { readonly what: string },
): Promise<Output> {
  const output = await exec(link, { ...command, argv: ["sh", "-c", script, "sh", ...args] });
  if (output.code !== 0) throw failed(link, code, command.what, output);
  return output;
}

export function failed(link: Link, code: string, what: string, output: Output): MachinistError {
  const why = reasonIn(output.stderr) || `code ${output.code}`;
  return new MachinistError(code, `${what} failed on ${link.machine}: ${why.slice(0, 300)}`, hintFor(why));
}

/** Of the block that does not fit any more tar says how much of it did. */
const full = /no space left|quota exceeded|wrote only \d+ of \d+/i;
const denied = /permission denied|not permitted/i;

/** What people can do something about, wherever it was said; else the last line that says more than that it failed. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.trim().split("\n");
  const telling = lines.find((line) => full.test(line) || denied.test(line));
  return telling ?? lines.findLast((line) => !/^tar: (?:Exiting|Error is not recoverable)/.test(line)) ?? lines.at(-1);
}

function hintFor(why: string): { hint?: string } {
  if (full.test(why)) return { hint: "Free some space on the host: look at `df -h`." };
  if (denied.test(why))
    return { hint: "The user has no right to this path there; use one in its home folder, or root." };
  return {};
}
