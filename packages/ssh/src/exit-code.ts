import { constants } from "node:os";
import type { Session } from "./session.ts";

/**
 * A program's exit code, once all of its output has been read; 128 and the signal's number where a signal ended it, as
 * a shell would say. Both streams have to be read for it. Throws `ssh.lost` where the program's end was not seen.
 */
export function exitCode({ channel, connection }: Session, what: string): Promise<number> {
  // A quick program's `exit` event is over before anybody can listen to it; `close` says the same again. It comes when
  // stdout has ended, which stderr need not have.
  const errorsRead = new Promise<void>((resolve) => channel.stderr.once("end", resolve).once("close", resolve));
  return new Promise((resolve, reject) => {
    channel.once("close", (code: number | null | undefined, signal?: string) => {
      if (code === undefined) return reject(connection.lost(what));
      errorsRead.then(() => resolve(code ?? signalCode(signal)));
    });
  });
}

function signalCode(name: string | undefined): number {
  return 128 + (constants.signals[name as NodeJS.Signals] ?? 0);
}
