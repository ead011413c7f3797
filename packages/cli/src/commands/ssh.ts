import { defineCommand, type Examples, withExamples } from "../command.ts";
import type { Session } from "../session.ts";
import { onTerminal } from "../terminal.ts";

interface Options {
  readonly stdin?: boolean;
  readonly tty?: boolean;
}

/** Until it ends by itself: the longest deadline that a timer takes. */
const noDeadline = 2 ** 31 - 1;

const examples: Examples = [
  ["machinist ssh web-1", "a shell there"],
  ["machinist ssh web-1 df -h /", "one command"],
  ["machinist ssh -i web-1 tar x -C /srv < site.tar", "with this side's input"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("[FLAGS] NAME [--] [COMMAND…]")
      .argument("<name>", "the machine")
      .argument("[command...]", "one word runs in the machine's shell, several run as they are")
      .option("-i, --stdin", "send this command's standard input along, whole")
      .option("-t, --tty", "run the command on a terminal")
      .passThroughOptions();
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const [name = "", ...words] = args;
    const argv = words[0] === "--" ? words.slice(1) : words;
    const machinist = await session.machinist();
    const host = await machinist.host(name, { signal: session.signal });
    // As ssh does: what came as one word (`"docker ps | grep web"`) is for the shell over there.
    const remote = argv.length === 1 ? ["sh", "-c", argv[0]!] : argv;
    if (remote.length === 0 || options.tty)
      return onTerminal(session, (terminal) => host.shell(terminal, remote.length === 0 ? undefined : remote));
    const { io } = session;
    const { code } = await host.run(remote, {
      signal: AbortSignal.any([session.signal, io.stdout.closed]),
      timeoutMs: noDeadline,
      ...(options.stdin && { stdin: await wholeInput(session) }),
      onOutput: (text, stream) => io[stream].raw(text),
    });
    return code;
  },
});

async function wholeInput({ io }: Session): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of io.stdin) pieces.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  return Buffer.concat(pieces);
}
