import { resolve } from "node:path";
import { isMachinistError, readAtMost } from "@machinist/core";
import type { Session } from "./session.ts";
import { usage } from "./usage.ts";

export const passphraseOption = [
  "--passphrase-file <path>",
  "file with the passphrase [or $MACHINIST_PASSPHRASE]",
] as const;

/** The passphrase of a file: from a file or a variable, else typed at the terminal, unseen; `twice` where it is a new one. */
export async function passphraseOf(session: Session, path: string | undefined, twice: boolean): Promise<string> {
  const { io } = session;
  if (path !== undefined) {
    const bytes = await readAtMost(resolve(io.cwd, path), 64 * 1024, "The passphrase file").catch(
      (thrown: NodeJS.ErrnoException) => {
        if (isMachinistError(thrown)) throw thrown;
        throw usage("value", `${path} cannot be read: ${thrown.code}`, "Name a file that holds the passphrase.");
      },
    );
    return bytes.toString("utf8").replace(/\r?\n$/, "");
  }
  if (io.env.MACHINIST_PASSPHRASE) return io.env.MACHINIST_PASSPHRASE;
  if (!io.stdin.isTTY || !io.stdin.setRawMode)
    throw usage(
      "missing-argument",
      "No passphrase was given, and there is no terminal to ask at",
      "Set MACHINIST_PASSPHRASE, or give --passphrase-file.",
    );
  const typed = await hidden(session, "Passphrase: ");
  if (twice && (await hidden(session, "The same again: ")) !== typed)
    throw usage("value", "The two passphrases differ", "Type the command again.");
  return typed;
}

/** A line that is not shown while it is typed. */
async function hidden({ io, signal }: Session, question: string): Promise<string> {
  const { stdin, stderr } = io;
  stderr.write(question);
  stdin.setRawMode?.(true);
  try {
    return await new Promise<string>((done, failed) => {
      let text = "";
      const end = (settle: () => void) => {
        stdin.off("data", onData);
        stdin.off("end", onEnd);
        signal.removeEventListener("abort", onAbort);
        stdin.pause();
        settle();
      };
      const onEnd = () => end(() => done(text));
      const onAbort = () => end(() => failed(signal.reason));
      const onData = (piece: Buffer | string) => {
        const keys = [...String(piece)];
        for (const [index, key] of keys.entries()) {
          if (key === "\r" || key === "\n") {
            end(() => done(text));
            // What was typed ahead is the next question's.
            const ahead = keys.slice(index + 1).join("");
            if (ahead !== "") stdin.unshift(ahead);
            return;
          }
          if (key === "\u0003" || key === "\u0004")
            return end(() => failed(usage("missing-argument", "No passphrase was given", "Type the command again.")));
          if (key === "\u007f" || key === "\b") text = [...text].slice(0, -1).join("");
          else if (key >= " ") text += key;
        }
      };
      stdin.on("data", onData);
      stdin.once("end", onEnd);
      signal.addEventListener("abort", onAbort, { once: true });
      stdin.resume();
    });
  } finally {
    stdin.setRawMode?.(false);
    stderr.write("\n");
  }
}
