import { isWithinLimits, MachinistError } from "@machinist/core";

/** What a provider answers in one page is far smaller. Bytes. */
const MOST = 32 * 2 ** 20;
const MOST_VALUES = 2_000_000;

/**
 * The JSON of an answer, undefined where it is empty. Throws `provider.answer` for one that is too large, and what `JSON.parse`
 * throws.
 */
export async function boundedJson(response: Response, most = MOST): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest of the answer.
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > most) throw tooLarge();
    pieces.push(piece);
  }
  if (size === 0) return undefined;
  const value: unknown = JSON.parse(Buffer.concat(pieces).toString("utf8"));
  if (!isWithinLimits(value, { values: MOST_VALUES })) throw tooLarge();
  return value;
}

const tooLarge = () =>
  new MachinistError("provider.answer", "The provider's answer is larger than any should be", {
    hint: "Look what answers at the address of its API: a proxy may stand in between",
  });
