import { MachinistError } from "@machinist/core";

/** `gob.malformed`: the bytes are not what gob allows, so that nothing after them can be read either. */
export const malformed = (what: string): MachinistError =>
  new MachinistError("gob.malformed", `The other side sent what is no gob: ${what}`, {
    hint: "It speaks another protocol, or another version of it",
  });

/** `gob.too-large`: more than one is ready to keep in memory. */
export const tooLarge = (what: string, most: number): MachinistError =>
  new MachinistError("gob.too-large", `The other side sent ${what} of more than ${most}`, {
    hint: "It is broken, or no plugin at all",
  });
