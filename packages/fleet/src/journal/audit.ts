import { mkdir, open } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { maskedCommand, secretsIn, withoutSecrets } from "./masking.ts";

/** Who works, as each run's first line says it. */
export interface AuditWho {
  readonly user: string;
  /** Who became this user by sudo. */
  readonly sudoUser?: string;
  readonly host: string;
  readonly pid: number;
  /** As typed, without secrets; absent where a program uses the library. */
  readonly command?: readonly string[];
}

/** One line of the audit log. `run` is the same in all lines of a run. */
export type AuditLine = { readonly at: string; readonly run: string } & AuditEntry;
export type AuditEntry =
  | ({
      readonly type: "started";
      readonly action: string;
      readonly fleet?: string;
      readonly machines?: readonly string[];
    } & AuditWho)
  | {
      readonly type: "change";
      readonly id: string;
      readonly kind: string;
      readonly action: "created" | "updated" | "replaced" | "deleted";
      readonly outcome: "done" | "failed";
      /** Names of what was set or differs. */
      readonly props?: readonly string[];
      /** What differs, where it is no secret. */
      readonly changes?: { readonly [prop: string]: { readonly before?: unknown; readonly after?: unknown } };
      readonly code?: string;
    }
  | {
      readonly type: "power";
      readonly machine: string;
      readonly action: string;
      readonly outcome: "requested" | "done";
    }
  | { readonly type: "reason"; readonly machine: string; readonly reason: string }
  | {
      readonly type: "finished";
      readonly outcome: "ok" | "failed" | "cancelled";
      readonly changed: number;
      readonly failures: readonly { readonly id: string; readonly code: string }[];
      readonly ms: number;
    };

/** What a run came to, as far as it is kept. */
interface Ended {
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly changed: number;
  readonly failures: readonly { readonly id: string; readonly code: string }[];
  readonly ms: number;
}

/** Lines are cut off here: one write is one line only while it is small. */
const longestLine = 60_000;

export const auditPath = (storePath: string): string => join(storePath, "audit.jsonl");

/**
 * What one run did, line by line at the end of the store's audit log. Each line is one write to a file opened for
 * appending, so that lines of processes at work together never mix; a run that is killed has begun and not ended.
 */
export class AuditTrail {
  readonly #path: string;
  readonly #run: string;
  readonly #secrets: readonly string[];
  readonly #warn: (message: string) => void;
  #writing: Promise<void> = Promise.resolve();
  #warned = false;

  constructor(
    store: { readonly path: string; readonly env: Readonly<Record<string, string | undefined>> },
    run: string,
    warn: (message: string) => void,
  ) {
    this.#path = auditPath(store.path);
    this.#run = run;
    this.#secrets = secretsIn(store.env);
    this.#warn = warn;
  }

  write(entry: AuditEntry): Promise<void> {
    const line: AuditLine = { at: new Date().toISOString(), run: this.#run, ...entry };
    const text = withoutSecrets(JSON.stringify(line), this.#secrets);
    this.#writing = this.#writing.then(() => this.#append(text.length > longestLine ? this.#short(line) : text));
    return this.#writing;
  }

  /** All lines are written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  masked(command: readonly string[]): string[] {
    return maskedCommand(command, this.#secrets);
  }

  finished(outcome: Ended): Promise<void> {
    return this.write({
      type: "finished",
      outcome: outcome.cancelled ? "cancelled" : outcome.ok ? "ok" : "failed",
      changed: outcome.changed,
      failures: outcome.failures.map(({ id, code }) => ({ id, code })),
      ms: outcome.ms,
    });
  }

  #short = ({ at, run, type }: AuditLine): string => JSON.stringify({ at, run, type, tooLong: true });

  /** What cannot be written does not stop the work: a full disk must not keep a machine from being removed. */
  async #append(text: string): Promise<void> {
    try {
      await mkdir(join(this.#path, ".."), { recursive: true, mode: 0o700 });
      const file = await open(this.#path, "a", 0o600);
      try {
        await file.appendFile(`${text}\n`);
      } finally {
        await file.close();
      }
    } catch (cause) {
      if (this.#warned) return;
      this.#warned = true;
      const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
      this.#warn(`The audit log ${this.#path} cannot be written: ${code}`);
    }
  }
}

/** Who this process works for. */
export function currentActor(
  env: Readonly<Record<string, string | undefined>>,
  command: readonly string[] | undefined,
): AuditWho {
  let user = env.USER ?? env.USERNAME ?? "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A user without an entry, as in some containers.
  }
  return {
    user,
    ...(env.SUDO_USER ? { sudoUser: env.SUDO_USER } : {}),
    host: hostname(),
    pid: process.pid,
    ...(command ? { command } : {}),
  };
}
