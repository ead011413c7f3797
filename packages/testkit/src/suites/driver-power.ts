import type { MachineCall } from "@machinist/core";
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import type { DriverBench } from "./driver-suite.ts";

/** Stopping, starting and telling which it is. */
export function addPowerCase(cases: Cases, { suite, driver, fleet, plan }: DriverBench): void {
  const { power, status } = suite.module.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  const unfit = power?.start && power.stop && status ? undefined : "it has no power to switch";
  cases.add("a machine is stopped, started and restarted, and says which", unfit, () =>
    fleet(async (subject) => {
      const wanted = await plan(subject);
      await subject.settle(wanted);
      const call = async (): Promise<MachineCall> => ({
        machine: subject.machine(),
        states: await subject.look(),
        signal: new AbortController().signal,
        log: () => {},
      });
      const now = async () => driver().status!(await call());
      expect(await now()).toBe("running");
      for (const action of ["stop", "stop", "start", "start", "restart", "kill", "start"] as const) {
        const change = driver().power?.[action];
        if (!change) continue;
        await change(await call());
        expect(await now(), `after ${action}`).toBe(action === "stop" || action === "kill" ? "stopped" : "running");
      }
      await driver().power?.stop?.(await call());
      // A machine that is stopped is there: it may be started, but not recreated.
      const outcomes = await subject.settle(wanted);
      expect(outcomes.filter(({ change }) => !["none", "updated"].includes(change))).toEqual([]);
      await driver().power?.stop?.(await call());
      const last = await call();
      await subject.settle([]);
      expect(await driver().status!(last), "after it was removed").toBe("missing");
    }),
  );
}
