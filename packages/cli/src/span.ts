import { parseDuration } from "@machinist/options";
import { usage } from "./usage.ts";

/** A flag's or argument's span of time in ms, else `usage.value`. */
export function span(what: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw usage("value", `${what} must be a time such as 30m, 4h or 2d, not "${text}"`);
}

/** A moment as people give it: a date, or how long ago; ms since 1970. */
export function moment(what: string, text: string, now: number): number {
  const ago = parseDuration(text);
  const at = ago === undefined ? Date.parse(text) : now - ago;
  if (Number.isFinite(at) && at <= now) return at;
  throw usage("value", `${what} must be a time such as 2h or a date such as 2030-01-31 that is past, not "${text}"`);
}

/** A moment as a line begins with it: `2030-01-31 12:34:56`, local time. */
export function clock(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
