import type { Random } from "../../packages/testkit/src/simulation/random.ts";

/** One way in for what others wrote. */
export interface Door {
  readonly name: string;
  /** Its part of all inputs, in hundredths. */
  readonly part: number;
  /** A valid input with something wrong in it. */
  input(random: Random): unknown;
  /** Takes it, or refuses it with an error of ours. */
  take(input: unknown): unknown;
  /** What its refusals are, where they are not MachinistErrors. */
  readonly isRefusal?: (thrown: unknown) => boolean;
  readonly close?: () => void;
}
