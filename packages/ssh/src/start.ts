import type { Readable } from "node:stream";
import { MachinistError } from "@machinist/core";

/** More than this before the program's start is no greeting of a login shell, in bytes. */
const MOST_BEFORE = 64 * 1024;

/**
 * Reads stdout up to the line by which our own shell says that it runs, and leaves the rest to be read. Resolves to
 * undefined then, and to all that was heard where the end came first. `refusal` may know from what was heard that
 * nothing will come: a host may say who is to log in instead, and keep the visitor waiting.
 */
export function untilStart(
  stdout: Readable,
  start: string,
  refusal: (heard: string) => MachinistError | undefined,
): Promise<string | undefined> {
  let heard: Buffer = Buffer.alloc(0);
  const line = Buffer.from(`${start}\n`);
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      stdout.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      done();
    };
    const giveUp = (error: MachinistError) =>
      settle(() => {
        stdout.resume();
        reject(error);
      });
    const onEnd = () => settle(() => resolve(heard.toString()));
    const onReadable = () => {
      for (let chunk = stdout.read() as Buffer | null; chunk !== null; chunk = stdout.read()) {
        heard = heard.length === 0 ? chunk : Buffer.concat([heard, chunk]);
        const at = heard.indexOf(line);
        if (at >= 0) {
          const rest = heard.subarray(at + line.length);
          return settle(() => {
            if (rest.length > 0) stdout.unshift(rest);
            // A stream takes note in the next tick that nobody waits for "readable", and tells who comes before nothing.
            process.nextTick(resolve, undefined);
          });
        }
        const error = heard.length > MOST_BEFORE ? tooMuch() : refusal(heard.toString());
        if (error !== undefined) return giveUp(error);
      }
    };
    stdout.on("readable", onReadable).once("end", onEnd).once("close", onEnd);
  });
}

const tooMuch = (): MachinistError =>
  new MachinistError(
    "ssh.not-run",
    `The login shell wrote more than ${MOST_BEFORE / 1024} KiB before it ran the command`,
    {
      hint: "Look at what the start-up files of the user's shell do there (.bashrc, .cshrc, config.fish).",
    },
  );
