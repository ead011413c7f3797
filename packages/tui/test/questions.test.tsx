import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { render } from "ink-testing-library";
import { describe, expect, test } from "vitest";
import { NewFleet } from "../src/questions/new-fleet.tsx";
import { answersOf, type FleetQuestions, type Given, stepsOf } from "../src/questions/steps.ts";

const questions: FleetQuestions = {
  standard: { driver: "nspawn", machines: 3, managers: 1 },
  ask: { driver: true, machines: true, managers: true, compose: true },
  drivers: [
    { name: "virtualbox", works: false, words: "VBoxManage was not found: is VirtualBox installed?" },
    { name: "generic", works: true, words: "A host that answers SSH" },
    { name: "nspawn", works: true, words: "Machine containers" },
  ],
  columns: 50,
};
const enter = "\r";
const down = "\x1b[B";

/** Show the questions, press keys one after the other, and tell what was seen last and what came of it. */
async function asked(keys: readonly string[], more: Partial<FleetQuestions> = {}) {
  const all = { ...questions, ...more };
  let given: Given | undefined;
  const app = render(
    <NewFleet
      steps={stepsOf(all)}
      standard={all.standard}
      onDone={(answers) => {
        given = answers;
      }}
    />,
  );
  /**
   * Until the frame is another than so many frames ago, or all is answered, and stays. On a busy computer a pause can be over
   * before React has done what is next: the question would be there, and not listen yet. So turns of the event loop are counted, too.
   */
  const settled = async (frames: number) => {
    await expect.poll(() => app.frames.length > frames || given !== undefined, { interval: 20 }).toBe(true);
    for (let last = -1; last !== app.frames.length; ) {
      last = app.frames.length;
      await pause(30);
      for (let turns = 0; turns < 50; turns++) await turn();
    }
  };
  await settled(0);
  for (const key of keys) {
    const frames = app.frames.length;
    app.stdin.write(key);
    await settled(frames);
  }
  // Where CI is set, ink ends with an empty line.
  const seen = app.frames.findLast((frame) => frame.trim() !== "") ?? "";
  app.unmount();
  return { seen, answers: given && answersOf(all.standard, given) };
}

describe("the questions for a new fleet", () => {
  test("the proposed driver comes first, then those that work; a line is never longer than the terminal", async () => {
    const { seen } = await asked([]);
    expect(seen.split("\n").map((line) => line.trimEnd())).toEqual([
      "? Which driver?",
      "  ❯ ✔ nspawn      Machine containers",
      "    ✔ generic     A host that answers SSH",
      "    ! virtualbox  VBoxManage was not found: is …",
    ]);
  });

  test("Enter takes what is proposed", async () => {
    const { answers, seen } = await asked([enter, enter, enter, enter]);
    expect(answers).toEqual({ driver: "nspawn", machines: 3, managers: 1 });
    expect(seen).toContain("✔ A compose file to run on all of them? none");
  });

  test("keys choose and type", async () => {
    const keys = [down, enter, "5", enter, "3", enter, "app.yaml", enter];
    const { answers } = await asked(keys);
    expect(answers).toEqual({ driver: "generic", machines: 5, managers: 3, compose: "app.yaml" });
  });

  test("what cannot be is said below, and asked again", async () => {
    const { seen, answers } = await asked([enter, "2", enter, "3", enter]);
    expect(seen).toContain("? How many of them are Swarm managers?");
    expect(seen).toContain("A number from 0 to 2");
    expect(answers).toBeUndefined();
  });

  test("what was said by flag is not asked", async () => {
    const { answers, seen } = await asked([enter], { ask: { managers: true } });
    expect(answers).toEqual({ driver: "nspawn", machines: 3, managers: 1 });
    expect(seen).not.toContain("machines come from");
  });
});
