import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import type { UnlockKeys } from "@machinist/swarm";

/** Unlock keys in a file of their own beside the fleet's record (0600), a line each: they are in no record. */
export const unlockKeys = (folder: (fleet: string) => string): UnlockKeys => {
  const file = (fleet: string) => join(folder(fleet), "swarm-unlock.key");
  return {
    async read(fleet) {
      try {
        return (await readFile(file(fleet), "utf8")).split("\n").filter((line) => line !== "");
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw new MachinistError("swarm.key-unreadable", `The Swarm's unlock key cannot be read: ${file(fleet)}`, {
          cause,
          hint: "Check who owns the file",
        });
      }
    },
    async write(fleet, keys) {
      await writeAtomic(file(fleet), keys.map((key) => `${key}\n`).join(""), 0o600);
    },
  };
};
