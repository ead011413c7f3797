import { usage } from "../usage.ts";

/** One end of a copy. */
export type ExportLocation =
  | { readonly machine: string; readonly path: string }
  | { readonly machine: undefined; readonly path: string };

/**
 * `MACHINE:PATH`, else a local path. As scp has it, a colon after a slash belongs to a path (`./a:b`), and on Windows a
 * single letter before the colon is a drive.
 */
export function readPlace(text: string, platform: NodeJS.Platform): ExportLocation {
  const at = text.indexOf(":");
  const drive = platform === "win32" && at === 1;
  if (at < 0 || drive || /[\\/]/.test(text.slice(0, at))) {
    if (text === "") throw usage("value", "A path must not be empty");
    return { machine: undefined, path: text };
  }
  if (at === 0) throw usage("value", `${JSON.stringify(text)} names no machine before the colon`);
  return { machine: text.slice(0, at), path: text.slice(at + 1) };
}
