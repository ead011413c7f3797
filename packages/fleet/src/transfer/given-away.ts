import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { localOf, MachinistError, ownerTag, type ScopeRecord } from "@machinist/core";

/**
 * Owner tags of what another store has now, one a line: at the provider it still bears this store's mark, and is nobody's
 * orphan.
 */
const fileOf = (storePath: string): string => join(storePath, "given-away");

/** Throws `store.write`. */
export async function giveAway(storePath: string, records: readonly ScopeRecord[]): Promise<void> {
  const marks = records.flatMap(({ uid, resources }) =>
    Object.values(resources).map(({ id, generation }) => `${ownerTag(uid, localOf(id), generation)}\n`),
  );
  try {
    await appendFile(fileOf(storePath), marks.join(""), { mode: 0o600 });
  } catch (cause) {
    throw new MachinistError("store.write", `${fileOf(storePath)} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: "Free some space, or look at the folder's rights",
    });
  }
}

export async function givenAway(storePath: string): Promise<string[]> {
  const text = await readFile(fileOf(storePath), "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return "";
    throw thrown;
  });
  return text.split("\n").filter((mark) => mark !== "");
}
