import type { Session } from "./session.ts";
import { usage } from "./usage.ts";

/** The machine that a command means when none is named, as docker-machine has it. */
export const defaultMachine = "default";

/** The machines a command was given, each once; else the one called `default`, if there is one. */
export async function namesOr(session: Session, args: readonly string[]): Promise<string[]> {
  const given = [...new Set(args.filter((name) => name !== ""))];
  if (given.length > 0) return given;
  const names = await (await session.machinist()).names();
  if (names.includes(defaultMachine)) return [defaultMachine];
  const hint = names.length === 0 ? "`machinist create NAME` makes one." : `There are ${listed(names)}.`;
  throw usage("no-machine", `No machine was named, and none is called "${defaultMachine}"`, hint);
}

/** The one machine a command was given, else `default`. */
export async function nameOr(session: Session, args: readonly string[]): Promise<string> {
  return (await namesOr(session, args.slice(0, 1)))[0]!;
}

/** The first names of a list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
