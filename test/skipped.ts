import { describe, test } from "vitest";

/** What this computer lacks for a test, in a few words; undefined: nothing. */
export type Lack = string | undefined;

/** As `describe`. Where something is lacking the tests are skipped, and the title says why: a suite has no note. */
export const describeUnless = (lack: Lack, title: string, body: () => void | Promise<void>) =>
  describe.skipIf(lack !== undefined)(lack === undefined ? title : `${title} (skipped: ${lack})`, body);

/** As `test`. Where something is lacking it is skipped, with the reason as its note. */
export function testUnless(lack: Lack, title: string, body: () => void | Promise<void>, timeoutMs?: number): void {
  if (lack === undefined) test(title, body, timeoutMs);
  else test(title, ({ skip }) => skip(lack));
}

/** As `test`, for what is by its nature not on every computer: elsewhere it is reported as such, and not as skipped. */
export const testWhere = (applies: boolean, otherwise: string, title: string, body: () => void | Promise<void>) =>
  testUnless(applies ? undefined : `not applicable: ${otherwise}`, title, body);

/** What needs root says so in these words: the end of a run tells a newcomer what root would add. */
export const unlessRoot = (toDo: string): Lack =>
  process.platform === "linux" && process.getuid?.() === 0 ? undefined : `needs root on Linux, to ${toDo}`;
