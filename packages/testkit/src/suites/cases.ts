import { test } from "vitest";

/** Cases that cannot hold for what is tested, by name, each with the reason why. */
export type Skips = { readonly [name: string]: string };

/**
 * Registers cases under one subject. A case that is skipped shows its reason in its own name, so that the report of a test
 * run is the table of who passes what.
 */
export class Cases {
  readonly #subject: string;
  readonly #skip: Skips;
  readonly #timeoutMs: number | undefined;
  readonly #names = new Set<string>();

  constructor(subject: string, options: { skip?: Skips | undefined; timeoutMs?: number | undefined }) {
    this.#subject = subject;
    this.#skip = options.skip ?? {};
    this.#timeoutMs = options.timeoutMs;
  }

  /** `unfit`: why the case has nothing to look at here, if it has not. */
  add(name: string, unfit: string | undefined, body: () => Promise<void>, timeoutMs = this.#timeoutMs): void {
    this.#names.add(name);
    const reason = this.#skip[name] ?? unfit;
    if (reason === undefined) test(`${this.#subject}: ${name}`, body, timeoutMs);
    else test.skip(`${this.#subject}: ${name} (skipped: ${reason})`, () => {});
  }

  /** A skip whose case does not exist would hide nothing, or something else than was meant. */
  close(): void {
    const unknown = Object.keys(this.#skip).filter((name) => !this.#names.has(name));
    test(`${this.#subject}: every skip names a case`, () => {
      if (unknown.length > 0)
        throw new Error(`no such cases: ${unknown.join(", ")}; there are ${[...this.#names].join(", ")}`);
    });
  }
}
