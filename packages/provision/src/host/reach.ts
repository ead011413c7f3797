import type { Host, Level, Output } from "@machinist/core";

/** A host within one call: everything as root, cancelled with the call, long output to its log. */
export interface Reach {
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: Level) => void;
  script(script: string, args?: readonly string[], options?: ReachOptions): Promise<Output>;
  run(argv: readonly string[], options?: ReachOptions & { readonly stdin?: string }): Promise<Output>;
}

export interface ReachOptions {
  readonly timeoutMs?: number;
  /** Tell each line of output to the log, at level debug. */
  readonly tell?: boolean;
}

export function reach(host: Host, call: Pick<Reach, "signal" | "log">): Reach {
  const { signal, log } = call;
  const settings = ({ timeoutMs = 60_000, tell = false }: ReachOptions) => ({
    sudo: true,
    signal,
    timeoutMs,
    ...(tell ? { onOutput: lines((line) => log(line, "debug")) } : {}),
  });
  return {
    host,
    signal,
    log,
    script: (script, args = [], options = {}) => host.script(script, args, settings(options)),
    run: (argv, { stdin, ...options } = {}) =>
      host.run(argv, { ...settings(options), ...(stdin === undefined ? {} : { stdin }) }),
  };
}

/** Whole lines out of pieces; a last line without an end is left out. */
function lines(take: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const all = (rest + text).split("\n");
    rest = all.pop() ?? "";
    for (const line of all) if (line.trim() !== "") take(line.trimEnd());
  };
}
