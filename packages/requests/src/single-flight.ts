/**
 * One look for all who ask for the same while it is under way, and for `freshMs` after it began; 0: only while it is under
 * way. What a look shows is as old as its beginning, so nobody is served one that began before a change of theirs: call
 * `forget` after each change. A look that fails is forgotten at once.
 */
export function singleFlight<Key, T>(
  look: (key: Key) => Promise<T>,
  options: { readonly freshMs?: number; readonly nameOf?: (key: Key) => string; readonly now?: () => number } = {},
): { (key: Key): Promise<T>; forget(): void } {
  const { freshMs = 0, nameOf = String, now = Date.now } = options;
  const looks = new Map<string, { readonly began: number; over: boolean; readonly result: Promise<T> }>();
  const ask = (key: Key): Promise<T> => {
    const name = nameOf(key);
    const known = looks.get(name);
    if (known && (!known.over || now() - known.began < freshMs)) return known.result;
    const entry = { began: now(), over: false, result: look(key) };
    looks.set(name, entry);
    entry.result.then(
      () => {
        entry.over = true;
      },
      () => {
        if (looks.get(name) === entry) looks.delete(name);
      },
    );
    return entry.result;
  };
  return Object.assign(ask, { forget: () => looks.clear() });
}
