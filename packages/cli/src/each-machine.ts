import type { MachineInfo } from "@machinist/fleet";
import { exitCodes, told } from "./failure.ts";
import { namesOr } from "./names.ts";
import type { Session } from "./session.ts";

/**
 * Print one fact of each named machine, in the order of the names. A machine that has none is told on stderr, and does
 * not keep the others' from being printed.
 */
export async function printEach(
  session: Session,
  args: readonly string[],
  fact: (name: string) => Promise<string>,
  key: string,
): Promise<number> {
  const names = await namesOr(session, args);
  const facts = await Promise.allSettled(names.map(fact));
  const found = facts.map((settled, index) => ({ name: names[index]!, settled }));
  if (session.globals.json)
    session.printJson(
      found.flatMap(({ name, settled }) => (settled.status === "fulfilled" ? [{ name, [key]: settled.value }] : [])),
    );
  else for (const { settled } of found) if (settled.status === "fulfilled") session.print(settled.value);
  const failed = found.flatMap(({ settled }) => (settled.status === "rejected" ? [told(settled.reason)] : []));
  for (const error of failed) session.error(error);
  return failed.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** Where a machine answers: its SSH address, else its engine's. */
export const addressOf = ({ endpoint, url }: MachineInfo): string | undefined =>
  endpoint?.host ??
  (url === undefined ? undefined : new URL(url.replace(/^tcp:/, "http:")).hostname.replace(/^\[|\]$/g, ""));
