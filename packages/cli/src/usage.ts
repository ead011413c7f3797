import { MachinistError } from "@machinist/core";

/** What was typed is wrong: exit code 2. `what` is the part after `usage.` of the code. */
export const usage = (what: string, sentence: string, hint?: string): MachinistError =>
  new MachinistError(`usage.${what}`, sentence, hint === undefined ? {} : { hint });
