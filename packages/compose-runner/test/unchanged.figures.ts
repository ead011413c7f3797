import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { expect } from "vitest";
import { median, spread } from "../../../scripts/bench/table.mjs";
import { figure } from "../../../test/repository/figure.ts";
import { testUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, planCompose } from "../src/index.ts";
import { Hand } from "./calls.ts";
import { startEngine } from "./differential/engine.ts";

/** What anybody would have to ask in order to know that a project still runs: which containers it has, and how they are. */
const LEAST = `docker inspect --format '{{.State.Status}}' $(docker ps -aq --filter label=com.docker.compose.project=hello)`;

testUnless(
  unavailable(),
  "a project in which nothing has changed, beside the least that docker must be asked",
  async () => {
    const lab = await startEngine();
    try {
      await mkdir(join(lab.folder, "hello"));
      const file = join(lab.folder, "hello", "compose.yaml");
      await writeFile(file, "services: { hello: { image: box } }\n");
      const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => [] })["compose.project"]!;
      const hand = new Hand("figures-1");
      const planned = () => planCompose({ name: "hello", machine: "h1", files: [file], steadyMs: 1000 }, {});
      await hand.create(kind, await planned());
      const host = await lab.pool.connect("h1");
      const times: { ours: number[]; least: number[] } = { ours: [], least: [] };
      for (let round = 0; round < 20; round++) {
        const began = performance.now();
        const resource = await planned();
        expect(kind.drift?.((await hand.read(kind, resource))!, resource.props)).toEqual([]);
        const between = performance.now();
        expect((await host.script(LEAST, [], { sudo: true })).stdout).toBe("running\n");
        times.ours.push(between - began);
        times.least.push(performance.now() - between);
      }
      await host.close();
      const base = median(times.least);
      const beside = `${spread(times.ours, (ms) => ms.toFixed(0))} ms to ${base.toFixed(0)} ms`;
      figure({ what: "unchanged compose project", value: median(times.ours) / base, limit: 2, unit: "x", beside });
    } finally {
      await lab.dispose();
    }
  },
);
