import { type Clock, MachinistError } from "@machinist/core";
import { expect, test } from "vitest";
import { until } from "../src/go/until.ts";

/** docker-machine's numbers. */
const [RUNNING, STOPPED, STOPPING] = [1, 4, 5];
const signal = new AbortController().signal;

/** A plugin that answers one thing after the other, the last for ever; each look takes a second of a time of its own. */
function plugin(...answers: (number | Error)[]) {
  let [now, looks] = [0, 0];
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const ask = async () => {
    now += 1000;
    const answer = answers[Math.min(looks++, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const stop = () => until({ ask }, "stopped", "Stop", signal, clock);
  return { stop, looks: () => looks, now: () => now };
}
const refused = new MachinistError("plugin.refused", "busy");

test("a change that was only begun is waited for, also while the plugin cannot tell", async () => {
  const { stop, looks } = plugin(RUNNING, STOPPING, refused, STOPPED);
  await stop();
  expect(looks()).toBe(4);
});

test.each([
  [STOPPING, "The plugin says that the machine is stopping, 180 s after Stop; it should be stopped"],
  [refused, "The plugin cannot tell what the machine does, 180 s after Stop; it should be stopped"],
])(
  "one that never comes to its end is told after three minutes, however long each answer takes",
  async (answer, message) => {
    const { stop, now } = plugin(answer);
    await expect(stop()).rejects.toMatchObject({
      code: "plugin.state",
      message,
      hint: expect.stringContaining("provider"),
    });
    expect(now()).toBeLessThan(190_000);
  },
);

test("what is no refusal ends it at once", async () => {
  const { stop, looks } = plugin(new MachinistError("plugin.timeout", "no answer"));
  await expect(stop()).rejects.toMatchObject({ code: "plugin.timeout" });
  expect(looks()).toBe(1);
});
