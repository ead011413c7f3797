import { expect, it } from "vitest";
import { duration } from "../src/duration.ts";

it.each([
  [-5, "0 ms"],
  [80, "80 ms"],
  [4_210, "4.2 s"],
  [75_000, "75 s"],
  [725_000, "12 min 5 s"],
  [7_380_000, "2 h 3 min"],
  [47 * 3_600_000, "47 h 0 min"],
  [48 * 3_600_000, "2 d 0 h"],
  [26_679 * 3_600_000, "1111 d 15 h"],
])("%d ms are %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});
