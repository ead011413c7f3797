import type { Level } from "@machinist/core";

export type Log = (level: Level, message: string, more?: Readonly<Record<string, unknown>>) => void;

/** Lines as go-plugin's hosts read them from a plugin's standard error and put them into their own log. */
export function hclog(module: string, write: (line: string) => void, now = Date.now): Log {
  return (level, message, more = {}) => {
    // A host reads six digits behind the point, and takes a line with fewer for a text that is no log.
    const at = new Date(now()).toISOString().replace("Z", "000Z");
    const own = {
      "@level": level,
      "@message": message,
      "@module": module,
      "@timestamp": at,
    };
    write(`${JSON.stringify({ ...more, ...own })}\n`);
  };
}
