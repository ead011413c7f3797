import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineState } from "@machinist/driver-nspawn";
import { writeIdentity } from "@machinist/ssh";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { execute } from "../src/execute.ts";
import { LabFleet } from "../src/fleet.ts";
import { leftovers, unavailable } from "../src/index.ts";
import { closeRun, labFolder, openRun, type RunFolder } from "../src/run-folder.ts";

const reason = unavailable();
const options = { image: "docker", release: "trixie", mirror: "", memory: 0, cpus: 0, packages: ["cloud-init"] };

/** The user's options `packages` and `user-data`, as the driver plans them. */
describeUnless(reason, "nspawn with cloud-init", () => {
  let run: RunFolder;
  let fleet: LabFleet;
  let identity: string;
  const names = ["with", "without"];
  beforeAll(async () => {
    run = openRun(labFolder(), () => names);
    fleet = new LabFleet(run);
    const key = await writeIdentity(run.path);
    identity = key.path;
    const userData = join(run.path, "user-data");
    writeFileSync(userData, "#cloud-config\nruncmd: [touch /root/ran]\n", { mode: 0o600 });
    await fleet.plan("with", key.publicKey, { ...options, "user-data": userData });
    const shared = await fleet.plan("without", key.publicKey, options);
    for (const { id } of shared.filter((resource) => resource.id.startsWith("@"))) await fleet.create(id);
    await Promise.all(names.map((name) => fleet.create(`${name}/instance`)));
  });
  afterAll(async () => {
    await Promise.all(names.map((name) => fleet.remove(`${name}/instance`)));
    await fleet.remove(`@${run.record.prefix}/network`);
    closeRun(run.path);
    expect(await leftovers(run.record.prefix)).toEqual([]);
  });

  /** As the reconciler does: until the kind says it is ready. */
  async function endpoint(name: string) {
    const kind = fleet.driver.resourceTypes["nspawn.machine"]!;
    const isReady = async () => {
      const state = (await fleet.refresh(`${name}/instance`)) as MachineState;
      return kind.ready?.(state, { userData: "x" });
    };
    await expect.poll(isReady, { message: `${name} shows its host key`, interval: 100 }).toBe(true);
    return fleet.driver.endpoint!(name, fleet.states)!;
  }
  /** With the host key checked by the real ssh. */
  async function ask(name: string, ...argv: string[]) {
    const at = await endpoint(name);
    let answer = await execute(at, identity, argv);
    const code = async () => {
      if (answer.code === 255) answer = await execute(at, identity, argv);
      return answer.code;
    };
    await expect.poll(code, { message: `${name} answers SSH`, interval: 200 }).not.toBe(255);
    return answer.stdout.trim();
  }

  test("its own host key is known from its disk, and the user-data is carried out", async () => {
    expect(await ask("with", "cloud-init", "status", "--wait")).toContain("done");
    expect(await ask("with", "ls", "/root/ran")).toBe("/root/ran");
    expect((await endpoint("with")).hostKeys).toHaveLength(1);
  });

  test("without user-data cloud-init stays off, and the host key is the one made here", async () => {
    expect(await ask("without", "cloud-init", "status")).toContain("disabled");
    expect(await ask("without", "hostname")).toBe("without");
  });
});
