import { MachinistError } from "@machinist/core";
import type { Client, ClientChannel } from "ssh2";
import { cancellation, timeLimit } from "./time-limit.ts";

/** How long a host may take for a line, in ms. */
const ANSWER_MS = 15_000;
/** What is longer is no answer. */
const MOST_BYTES = 4096;

/**
 * The first words of one fixed command on a connection that nobody else uses yet. For what has to be known before a host
 * is believed. Anything that goes wrong is worth another attempt.
 */
export async function readAnswer(
  client: Client,
  command: string,
  address: string,
  signal: AbortSignal,
): Promise<{ code: number; text: string }> {
  const limit = timeLimit(signal, ANSWER_MS, () => broken(address, "it does not answer"));
  try {
    return await new Promise((resolve, reject) => {
      const onAbort = () => reject(cancellation(limit.signal));
      if (limit.signal.aborted) return onAbort();
      limit.signal.addEventListener("abort", onAbort, { once: true });
      client.once("close", () => reject(broken(address, "it ended the connection")));
      try {
        client.exec(command, (error, channel) => {
          if (error) return reject(broken(address, error.message));
          collect(channel, resolve, () => reject(broken(address, "it talks too much")));
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

function collect(
  channel: ClientChannel,
  done: (answer: { code: number; text: string }) => void,
  tooMuch: () => void,
): void {
  let text = "";
  let code = -1;
  channel.on("error", () => {});
  channel.stderr.resume();
  channel.on("data", (data: Buffer) => {
    text += data.toString("latin1");
    if (text.length > MOST_BYTES) tooMuch();
    // Cloud images say who may log in, and then keep the visitor waiting.
    else if (/rather than the user .*\n/i.test(text)) done({ code: -1, text });
  });
  channel.on("exit", (status: number | null) => {
    code = status ?? -1;
  });
  channel.on("close", () => done({ code, text }));
  channel.end();
}

const broken = (address: string, why: string): MachinistError =>
  new MachinistError("ssh.unreachable", `${address} was reached, but its key could not be checked: ${why}`, {
    retryable: true,
  });
