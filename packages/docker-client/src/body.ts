import type { IncomingMessage } from "node:http";
import { isWithinLimits, MachinistError } from "@machinist/core";

/** A list of ten thousand containers has a fifth of them. */
const MOST_VALUES = 5_000_000;

const notDocker = "Check what answers at the engine's address: a proxy, perhaps, or no Docker";

/** A whole answer: parsed JSON where it says so, text otherwise, `undefined` when empty. `docker.answer` if it is too large or broken. */
export async function bodyOf(answer: IncomingMessage, maxBytes: number): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) {
      answer.destroy();
      throw new MachinistError("docker.answer", `The engine's answer is larger than ${maxBytes} bytes`, {
        hint: notDocker,
      });
    }
    pieces.push(piece);
  }
  if (size === 0) return undefined;
  const text = Buffer.concat(pieces).toString("utf8");
  if (!/\bjson\b/.test(answer.headers["content-type"] ?? "")) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MachinistError("docker.answer", "The engine's answer is not JSON although it says so", {
      cause,
      hint: notDocker,
    });
  }
  if (isWithinLimits(value, { values: MOST_VALUES })) return value;
  throw new MachinistError("docker.answer", "The engine's answer is nested too deep, or holds too much", {
    hint: notDocker,
  });
}
