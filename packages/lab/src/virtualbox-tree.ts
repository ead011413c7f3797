import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "@machinist/core";
import { local } from "./execute.ts";
import { imageCache } from "./run-folder.ts";

/** VirtualBox is in no stable release of Debian. */
const RECIPE = ["--components=main,contrib", "--include=virtualbox", "sid"];
const BUILD_MS = 20 * 60_000;

/** A Debian tree with the real VirtualBox in it, made once for this computer. */
export async function virtualBoxTree(): Promise<string> {
  const tree = join(imageCache(), "virtualbox-sid");
  if (existsSync(tree)) return tree;
  mkdirSync(imageCache(), { recursive: true });
  const lock = await lockFile(`${tree}.lock`, { waitMs: BUILD_MS, what: "the tree with VirtualBox" });
  try {
    if (existsSync(tree)) return tree;
    const draft = `${tree}.part`;
    rmSync(draft, { recursive: true, force: true });
    const dated = ["--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"'];
    const { code, stderr } = await local(["mmdebstrap", "--quiet", ...dated, ...RECIPE, draft]);
    if (code !== 0) throw new Error(`mmdebstrap: ${stderr.slice(-2000)}`);
    renameSync(draft, tree);
    return tree;
  } finally {
    await lock.release();
  }
}
