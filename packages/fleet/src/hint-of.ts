import { nearest } from "@machinist/options";

/** `Did you mean "X"?`, or undefined where nothing is near. */
export function hintOf(name: string, candidates: Iterable<string>): string | undefined {
  // What was typed is there and cannot be had: it is not what was meant.
  const found = nearest(
    name,
    [...candidates].filter((each) => each !== name),
  );
  return found === undefined ? undefined : `Did you mean ${JSON.stringify(found)}?`;
}
