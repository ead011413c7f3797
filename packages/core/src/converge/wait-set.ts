/**
 * What is there and waits for its turn to be changed. Those that only come after it may go on: were they to wait as well,
 * nobody whose turn it is could ever be done.
 */
export class WaitSet {
  readonly #told = new Map<string, { readonly promise: Promise<undefined>; readonly resolve: () => void }>();

  tell(id: string): void {
    this.#of(id).resolve();
  }

  /** The task's end, or `undefined` as soon as it is known to wait for its turn. */
  or<T>(id: string, task: Promise<T> | undefined): Promise<T | undefined> | undefined {
    return task && Promise.race([task, this.#of(id).promise]);
  }

  #of(id: string) {
    const known = this.#told.get(id);
    if (known) return known;
    let resolve = () => {};
    const promise = new Promise<undefined>((done) => {
      resolve = () => done(undefined);
    });
    const made = { promise, resolve };
    this.#told.set(id, made);
    return made;
  }
}
