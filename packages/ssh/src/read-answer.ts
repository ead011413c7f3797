import type { Readable } from "node:stream";
import { MachinistError } from "@machinist/core";
import type { Client, ClientChannel } from "ssh2";
import { commandLine } from "./command-line.ts";
import { knownRefusal, notRun } from "./login-refusal.ts";
import { untilStart } from "./start.ts";
import { cancellation, timeLimit } from "./time-limit.ts";

/** How long a host may take for a line, in ms. */
const ANSWER_MS = 15_000;
/** What is longer is no answer. */
const MOST_BYTES = 4096;

/**
 * The first words of a program on a connection that nobody else uses yet. For what has to be known before a host is
 * believed. A host that runs something else instead is refused; anything else that goes wrong is worth another attempt.
 */
export async function readAnswer(
  client: Client,
  argv: readonly string[],
  login: { readonly user: string; readonly host: string },
  signal: AbortSignal,
): Promise<{ code: number; text: string }> {
  const { line, start } = commandLine(argv);
  const address = login.host;
  const limit = timeLimit(signal, ANSWER_MS, () => broken(address, "it does not answer"));
  try {
    return await new Promise((resolve, reject) => {
      const onAbort = () => reject(cancellation(limit.signal));
      if (limit.signal.aborted) return onAbort();
      limit.signal.addEventListener("abort", onAbort, { once: true });
      client.once("close", () => reject(broken(address, "it ended the connection")));
      try {
        client.exec(line, (error, channel) => {
          if (error) return reject(broken(address, error.message));
          channel.on("error", () => {}).end();
          collect(channel, start, login).then(resolve, reject);
        });
      } catch (error) {
        // ssh2 throws where it already knows that nobody is there.
        reject(broken(address, (error as Error).message));
      }
    });
  } finally {
    limit.end();
  }
}

async function collect(
  channel: ClientChannel,
  start: string,
  login: { readonly user: string; readonly host: string },
): Promise<{ code: number; text: string }> {
  const complaints = firstText(channel.stderr, login.host);
  complaints.catch(() => {});
  const closed = new Promise<number>((resolve) =>
    channel.once("close", (code: number | null | undefined) => resolve(code ?? -1)),
  );
  const instead = await untilStart(channel, start, (heard) => knownRefusal(login, heard));
  if (instead === undefined) {
    const text = await firstText(channel, login.host);
    return { code: await closed, text };
  }
  const code = await closed;
  // Without a word and a code it was the connection that ended.
  if (code < 0) throw broken(login.host, "it did not answer");
  throw notRun(login, "a command", `${instead}\n${await complaints}`, code);
}

async function firstText(stream: Readable, address: string): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += (chunk as Buffer).toString("latin1");
    if (text.length > MOST_BYTES) throw broken(address, "it talks too much");
  }
  return text;
}

const broken = (address: string, why: string): MachinistError =>
  new MachinistError("ssh.unreachable", `${address} was reached, but its key could not be checked: ${why}`, {
    retryable: true,
  });
