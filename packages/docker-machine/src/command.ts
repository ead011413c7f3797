import type { Flag, FlagValue } from "./argv/flag.ts";
import type { Io } from "./io.ts";

/** One command of docker-machine. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly description?: string;
  readonly flags: readonly Flag[];
  /** Flags that are only known once the command line is: a driver's. */
  readonly moreFlags?: (
    call: Omit<Call, "flags" | "given" | "args">,
    words: readonly string[],
  ) => Promise<readonly Flag[]>;
  /** Its words go on as they are. */
  readonly raw?: true;
  /** A wrong flag is no success, as it is with all others. */
  readonly strict?: true;
  /** The exit code. */
  readonly run: (call: Call) => Promise<number>;
}

export interface Call {
  readonly io: Io;
  /** Absolute. */
  readonly storePath: string;
  readonly flags: { readonly get: (name: string) => FlagValue | undefined };
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** The words after the program's name, as they came. */
  readonly words: readonly string[];
  readonly debug: boolean;
  /** Of the flags before the command. */
  readonly globals: ReadonlyMap<string, FlagValue>;
  /** What stands on machinist proper: loaded only where it is needed, because it takes longer than all of the rest. */
  readonly deep: () => Promise<typeof import("./deep/index.ts")>;
}

export const text = (call: Pick<Call, "flags">, name: string): string => String(call.flags.get(name) ?? "");
export const yes = (call: Pick<Call, "flags">, name: string): boolean => call.flags.get(name) === true;
export const list = (call: Pick<Call, "flags">, name: string): readonly string[] => {
  const value = call.flags.get(name);
  return Array.isArray(value) ? (value as readonly string[]) : [];
};
