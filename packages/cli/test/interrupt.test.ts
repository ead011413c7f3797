import type { Event, Run } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist, outcome } from "./fake-machinist.ts";
import { run } from "./world.ts";

const machines = [{ name: "db", result: "failed", ms: 5 }] as const;

/** An operation that ends only when its signal is aborted, and says when it is under way and has been shown. */
const untilStopped = (signal: AbortSignal | undefined, shown: () => void): Run<Outcome> => {
  const stopped = new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
  return {
    result: stopped.then(() => outcome({ ok: false, cancelled: true, changed: 0, machines })),
    async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
      yield { at: 1, type: "run", action: "stop", status: "started", machines: ["db"] };
      shown();
      await stopped;
    },
  };
};

describe("Ctrl-C", () => {
  test("once: said, passed on, exit code 130, cursor back", async () => {
    let interrupt = () => {};
    const machinist = fakeMachinist({
      overrides: { power: (_, __, control) => untilStopped(control?.signal, () => interrupt()) },
    }).machinist;
    const { code, stdout, stderr, exits } = await run(["stop", "db"], {
      machinist,
      columns: 80,
      onReady: (press) => {
        interrupt = press;
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain("stopping: what is begun is finished or can be resumed");
    expect(stdout.lastIndexOf("\x1b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\x1b[?25l"));
    expect(stdout).toContain("Stopped in 1.2 s: 1 unfinished");
    expect(stderr).toContain("To resume: machinist stop db\n");
    expect(exits).toEqual([]);
  });

  test("twice: the process ends at once, cursor back before", async () => {
    const { stdout, exits } = await new Promise<{ stdout: string; exits: readonly number[] }>((resolve) => {
      let twice = () => {};
      const never = {
        result: new Promise<Outcome>(() => {}),
        [Symbol.asyncIterator]: untilStopped(undefined, () => twice())[Symbol.asyncIterator],
      };
      const machinist = fakeMachinist({ overrides: { power: () => never } }).machinist;
      const world = {
        machinist,
        columns: 80,
        onReady: (interrupt: () => void) => {
          twice = () => {
            interrupt();
            setImmediate(interrupt);
          };
        },
        onExit: (stdout: string, exits: readonly number[]) => resolve({ stdout, exits }),
      };
      void run(["stop", "db"], world);
    });
    expect(exits).toEqual([130]);
    expect(stdout).toContain("\x1b[?25h");
  });

  test("a renderer's terminal is whole again when the operation throws", async () => {
    const broken = {
      result: Promise.reject(new Error("bug")),
      async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
        yield { at: 1, type: "run", action: "stop", status: "started" };
        throw new Error("bug");
      },
    };
    broken.result.catch(() => {});
    const machinist = fakeMachinist({ overrides: { power: () => broken } }).machinist;
    const { code, stdout, stderr } = await run(["stop", "db"], { machinist, columns: 80 });
    expect({ code, whole: stdout.includes("\x1b[?25h") }).toEqual({ code: 1, whole: true });
    expect(stderr).toContain("bug");
  });
});
