import { defineCommand, type Examples, withExamples } from "../command.ts";
import { exitCodes } from "../failure.ts";
import { wholeNumber } from "../globals.ts";
import { exposition } from "../metrics/exposition.ts";
import { type Address, serveText } from "../metrics/serve.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";
import { viewMachines } from "../view-machines.ts";

interface Options {
  readonly listen?: string;
  readonly timeout?: string;
}

const examples: Examples = [
  ["machinist metrics", "as they are now, in Prometheus' text format"],
  ["machinist metrics --listen 127.0.0.1:9464", "to be scraped, until it is stopped"],
];

const note =
  "Hosts are asked once in ten seconds at most, however often it is scraped. No secret is among what is told.";

export default defineCommand<Options>({
  declare(command) {
    command
      .option("--listen <host:port>", "serve them at http://HOST:PORT/metrics instead of printing them")
      .option("-t, --timeout <seconds>", "how long to wait for a machine (default: 10)")
      .allowExcessArguments(false);
    withExamples(command, examples, note);
  },
  async run(session, { options }) {
    const timeoutMs = wholeNumber("--timeout", options.timeout ?? 10, 0, 3600) * 1000;
    const look = () => measured(session, timeoutMs);
    if (options.listen === undefined) {
      session.io.stdout.write(await look());
      return exitCodes.done;
    }
    const address = addressOf(options.listen);
    await serveText(address, look, session.signal, (url) => session.note(`Serving ${url}. Ctrl-C ends it.`));
    return exitCodes.interrupted;
  },
});

async function measured(session: Session, timeoutMs: number): Promise<string> {
  const machinist = await session.machinist();
  const [views, certificates] = await Promise.all([viewMachines(session, timeoutMs), machinist.certificates()]);
  return exposition({ views, certificates, now: session.io.now() });
}

/** `127.0.0.1:9464`, `[::1]:9464`, or `:9464` for this computer alone. */
function addressOf(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text) ?? [];
  if (port !== undefined && Number(port) < 65_536)
    return { host: bracketed ?? (plain || "127.0.0.1"), port: Number(port) };
  throw usage("value", `--listen must be HOST:PORT, not ${JSON.stringify(text)}`, "For example 127.0.0.1:9464.");
}
