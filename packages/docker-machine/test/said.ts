import { userInfo } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Said } from "./scene.ts";

/** What was said, line by line. Versions and names of this computer are no difference; lines that came in any order are sorted. */
export function normal<T extends Said>({ code, stdout, stderr, ...more }: T, varies = false) {
  const lines = (text: string) => {
    const plain = text
      .replace(/0\.16\.2, build [\w.-]+/g, "0.16.2, build X")
      // The CA is called after whoever made it.
      .replace(`certificate ${JSON.stringify(userInfo().username)})`, 'certificate "user")')
      // The store's path is in the first column of the help.
      .replace(/^ {2}--[^\t\n]+(\t+)/gm, (found, tabs: string) => found.replace(tabs, "\t"));
    return varies ? plain.split("\n").sort() : plain.split("\n");
  };
  return { code, stdout: lines(stdout), stderr: lines(stderr), ...more };
}

export const same = <T extends Said>(a: T, b: T, varies = false): boolean =>
  isDeepStrictEqual(normal(a, varies), normal(b, varies));
