import { MachinistError } from "@machinist/core";
import { room } from "./tags.ts";

/** Beside ours, in one request. */
const most = 30;

/**
 * A user's tags: `key=value` each, or, as docker-machine has them, keys and values in turn. What is both at once would be
 * read by one of the two as something that was not meant. Throws `options.invalid`.
 */
export function parseTags(words: readonly string[]): Record<string, string> {
  const pairs = pairsOf(words);
  const keys = new Set<string>();
  for (const [key, value] of pairs) {
    const wrong = keys.has(key) ? `${key} is given twice` : wrongWith(key, value);
    if (wrong !== undefined) throw refusal(wrong);
    keys.add(key);
  }
  if (pairs.length > most) throw refusal(`there are ${pairs.length} tags, and at most ${most} can be put on`);
  return Object.fromEntries(pairs);
}

function pairsOf(words: readonly string[]): (readonly [string, string])[] {
  const joined = words.filter((word) => word.includes("="));
  if (joined.length === words.length)
    return words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
  if (joined[0] !== undefined)
    throw refusal(
      `${JSON.stringify(joined[0])} has its value with it, ${JSON.stringify(words.find((each) => !each.includes("=")))} has none`,
    );
  if (words.length % 2 === 1) throw refusal(`${JSON.stringify(words.at(-1))} has no value`);
  return words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""]] : []));
}

function wrongWith(key: string, value: string): string | undefined {
  if (key === "") return `the value ${JSON.stringify(value)} has no key`;
  if (/^(aws|machinist):/i.test(key)) return `${key} is not yours: keys do not begin with aws: or machinist:`;
  if (key.length > 128 || value.length > room)
    return `${key} is longer than EC2 takes: 128 characters, and ${room} of value`;
  return undefined;
}

const refusal = (wrong: string): MachinistError =>
  new MachinistError("options.invalid", `Option tags: ${wrong}`, {
    hint: "Write --amazonec2-tags key=value,key=value, or key,value,key,value; a value with a comma goes into a manifest's list",
  });
