import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

const reason = process.env.MACHINIST_LONG === undefined ? "not applicable: in `pnpm test:long`" : unavailable();
const count = 10;
const rounds = 5;
const numbers = Array.from({ length: count }, (_, index) => index);

/** What gitlab-runner calls for each machine, ten at once; some are killed at any moment, and typed again. */
describeUnless(reason, "gitlab-runner's sequence, killed again and again", () => {
  const program = new Program(undefined, "docker-machine");
  let lab: LabHosts;
  beforeAll(async () => {
    lab = await startHosts({ count, image: "docker" });
  });
  afterAll(async () => {
    program.remove();
    await lab?.dispose();
  });

  const folderOf = (name: string) => join(program.store, "machines", name);
  const drivers: readonly (readonly [string, number, (index: number) => string[]])[] = [
    ["none", 800, (index) => ["--driver", "none", "--url", `tcp://127.0.0.1:${20_000 + index}`]],
    [
      "generic",
      8_000,
      (index) => {
        const { address, identity } = lab.hosts[index]!;
        return ["--driver", "generic", "--generic-ip-address", address, "--generic-ssh-key", identity];
      },
    ],
  ];

  test.each(drivers)(
    "%s: nothing is missing, nothing is left",
    async (driver, withinMs, flags) => {
      const nameOf = (index: number) => `${driver}-${index}`;
      const names = numbers.map(nameOf);
      let killed = 0;
      const killedAndAgain = (words: (index: number) => string[], within: number) =>
        Promise.all(
          numbers.map(async (index) => {
            for (let kills = index % 3; kills > 0; kills--) {
              const { child, ended } = program.start(words(index));
              await Promise.race([delay(Math.random() * within), ended]);
              child.kill("SIGKILL");
              if ((await ended).exit === null) killed++;
            }
            return program.run(words(index));
          }),
        );
      for (let round = 0; round < rounds; round++) {
        const made = await killedAndAgain((index) => ["create", ...flags(index), nameOf(index)], withinMs);
        for (const { exit, stderr } of made) if (exit !== 0) expect(stderr).toMatch(/already exists\n$/);
        const ca = readFileSync(join(program.store, "certs", "ca.pem"), "utf8");
        for (const name of names) {
          expect(existsSync(join(folderOf(name), "config.json")), name).toBe(true);
          if (driver !== "none") expect(readFileSync(join(folderOf(name), "ca.pem"), "utf8"), name).toBe(ca);
        }
        const asked = await Promise.all(names.map((name) => program.run([driver === "none" ? "url" : "config", name])));
        for (const { exit, stderr } of asked) expect([exit, stderr]).toEqual([0, ""]);
        const removed = await killedAndAgain((index) => ["rm", "-y", nameOf(index)], withinMs / 4);
        for (const { exit, stderr } of removed) if (exit !== 0) expect(stderr).toMatch(/does not exist/);
        expect(readdirSync(join(program.store, "machines")).filter((name) => !name.startsWith("."))).toEqual([]);
      }
      console.log(`${driver}: ${rounds} rounds of ${count} processes: ${killed} runs were killed, 0 left`);
    },
    3_000_000,
  );
});
