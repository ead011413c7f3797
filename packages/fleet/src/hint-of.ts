import { nearest } from "@machinist/options";

/** `Did you mean "X"?`, or undefined where nothing is near. */
export function hintOf(name: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(name, candidates);
  return found === undefined ? undefined : `Did you mean ${JSON.stringify(found)}?`;
}
