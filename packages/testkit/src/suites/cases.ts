import { test } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why a case of a contract cannot hold for what is tested; the JSON report has it. */
    notApplicable?: string;
  }
}

/** Cases that cannot hold for what is tested, by name, each with the reason why. */
export type Reasons = { readonly [name: string]: string };

/**
 * Registers cases under one subject. One that cannot hold is skipped with a note that begins with `not applicable: `, so
 * that the report of a test run is the table of who passes what, and tells it from what could not be tested here.
 */
export class Cases {
  readonly #subject: string;
  readonly #notApplicable: Reasons;
  readonly #timeoutMs: number | undefined;
  readonly #names = new Set<string>();

  constructor(subject: string, options: { notApplicable?: Reasons | undefined; timeoutMs?: number | undefined }) {
    this.#subject = subject;
    this.#notApplicable = options.notApplicable ?? {};
    this.#timeoutMs = options.timeoutMs;
  }

  /** `unfit`: why the case has nothing to look at here, if it has not. */
  add(name: string, unfit: string | undefined, body: () => Promise<void>, timeoutMs = this.#timeoutMs): void {
    this.#names.add(name);
    const title = `${this.#subject}: ${name}`;
    const reason = this.#notApplicable[name] ?? unfit;
    if (reason === undefined) test(title, body, timeoutMs);
    else
      test(title, ({ task, skip }) => {
        task.meta.notApplicable = reason;
        skip(`not applicable: ${reason}`);
      });
  }

  /** A reason whose case does not exist would excuse nothing, or something else than was meant. */
  close(): void {
    const unknown = Object.keys(this.#notApplicable).filter((name) => !this.#names.has(name));
    test(`${this.#subject}: every case that is not applicable is one`, () => {
      if (unknown.length > 0)
        throw new Error(`no such cases: ${unknown.join(", ")}; there are ${[...this.#names].join(", ")}`);
    });
  }
}
