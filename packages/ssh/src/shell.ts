import type { Terminal } from "@machinist/core";
import { terminalLine } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import type { Link } from "./link.ts";
import { openSession, type Session } from "./session.ts";

/** An interactive shell, or one program on a terminal. Resolves to its exit code; throws `ssh.lost`. */
export async function shell(link: Link, terminal: Terminal, argv: readonly string[] = []): Promise<number> {
  const size = { term: terminal.term, cols: terminal.columns, rows: terminal.rows, width: 0, height: 0 };
  const line = argv.length === 0 ? undefined : terminalLine(argv);
  const session = await openSession(
    link,
    (client, done) => (line === undefined ? client.shell(size, done) : client.exec(line, { pty: size }, done)),
    argv[0] ?? "the shell",
    new AbortController().signal,
  );
  const giveBack = attach(session, terminal);
  try {
    return await exitCode(session, argv[0] ?? "the shell");
  } finally {
    giveBack();
  }
}

/** A terminal's stdin, as far as it is one. */
interface RawMode {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** Lends the terminal to the session; the function returned gives it back as it was. */
function attach({ channel }: Session, { stdin, stdout, onResize }: Terminal): () => void {
  const tty: RawMode = stdin as RawMode;
  const wasRaw = tty.isRaw === true;
  let attached = true;
  if (tty.isTTY) tty.setRawMode?.(true);
  const toHost = (chunk: Buffer | string) => {
    if (!channel.write(chunk)) stdin.pause();
  };
  const onDrain = () => attached && stdin.resume();
  const onEnd = () => channel.end();
  stdin.on("data", toHost).once("end", onEnd);
  channel.on("drain", onDrain).on("error", () => {});
  channel.pipe(stdout, { end: false });
  channel.stderr.pipe(stdout, { end: false });
  onResize?.((columns, rows) => {
    if (attached) channel.setWindow(rows, columns, 0, 0);
  });
  return () => {
    attached = false;
    stdin.off("data", toHost).off("end", onEnd).pause();
    channel.unpipe(stdout);
    channel.stderr.unpipe(stdout);
    if (tty.isTTY) tty.setRawMode?.(wasRaw);
  };
}
