import { commandLine } from "./command-line.ts";
import type { Session } from "./session.ts";
import { withSudo } from "./sudo.ts";

/** $1: the mark. TERM first; a second later KILL for what stayed. */
const KILL = `marked() {
  for file in $(grep -lszF -- "$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    echo "\${pid%/environ}"
  done
}
kill -TERM $(marked "$1")
sleep 1
kill -KILL $(marked "$1")`;

/** How long the ending may take until the channel is closed anyway, in ms. */
const PATIENCE_MS = 4000;

/** Ends a remote program and its children, as far as the host's /proc and our rights there allow; waits for nothing. */
export function killRemote({ connection, channel, release }: Session, mark: string, elevated: boolean): void {
  const argv = ["sh", "-c", KILL, "sh", mark];
  channel.on("error", () => {}).resume();
  channel.stderr.on("error", () => {}).resume();
  const letGo = () => {
    clearTimeout(timer);
    channel.close();
    release();
  };
  const timer = setTimeout(letGo, PATIENCE_MS);
  channel.once("close", letGo);
  try {
    // Beside the slots: sshd has two more than we use.
    connection.client.exec(commandLine(elevated ? withSudo(argv) : argv).line, (error, killer) => {
      if (error) return letGo();
      killer
        .on("error", () => {})
        .once("close", letGo)
        .resume()
        .end();
      killer.stderr.resume();
    });
  } catch {
    letGo();
  }
}
