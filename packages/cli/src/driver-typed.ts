import type { DriverModule } from "@machinist/core";
import type { Draft } from "./command.ts";

/** The driver named on a command line that cannot be parsed yet, since its flags are the driver's. */
export function driverTyped(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === "--") return undefined;
    if (word === "-d" || word === "--driver") return words[index + 1];
    if (word.startsWith("--driver=")) return word.slice("--driver=".length);
    if (/^-d./.test(word)) return word.slice(2);
  }
  return undefined;
}

/** A store is opened for its drivers only, and closed again: the command proper opens its own. */
export async function lookUpDriver(
  { services, io }: Pick<Draft, "services" | "io">,
  name: string,
): Promise<DriverModule> {
  await using machinist = await services.open({ env: io.env });
  return await machinist.driver(name);
}
