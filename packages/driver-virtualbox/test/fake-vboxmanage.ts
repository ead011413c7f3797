import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What it says to a command line that begins so; code 0 where none is given. */
export type Replies = { readonly [start: string]: string | { readonly code: number; readonly stderr: string } };

export interface FakeVBoxManage {
  readonly folder: string;
  readonly env: { readonly VBOXMANAGE: string; readonly VBOX_USER_HOME: string };
  /** The command lines it was asked, in order. */
  calls(): Promise<string[]>;
  remove(): Promise<void>;
}

/** A program that says what it is told to: for answers that the real one gives only with its kernel driver, or when broken. */
export async function fakeVBoxManage(replies: Replies): Promise<FakeVBoxManage> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-vbox-"));
  const path = join(folder, "VBoxManage");
  const log = join(folder, "calls");
  await writeFile(log, "");
  await writeFile(
    path,
    `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const line = process.argv.slice(2).join(" ");
appendFileSync(${JSON.stringify(log)}, line + "\\n");
const replies = ${JSON.stringify(replies)};
const key = Object.keys(replies).filter((start) => line.startsWith(start)).sort((a, b) => b.length - a.length)[0];
if (key === undefined) { console.error("VBoxManage: error: not expected: " + line); process.exit(1); }
const reply = replies[key];
if (typeof reply === "string") process.stdout.write(reply);
else { process.stderr.write(reply.stderr); process.exit(reply.code); }
`,
  );
  await chmod(path, 0o755);
  return {
    folder,
    env: { VBOXMANAGE: path, VBOX_USER_HOME: join(folder, "home") },
    calls: async () => (await readFile(log, "utf8")).split("\n").filter((line) => line !== ""),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
