import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hosts } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encoded } from "../src/environment.ts";
import { composeResourceTypes, planCompose } from "../src/index.ts";
import { READ_PROJECT, RUN_WITH_ENV } from "../src/remote-scripts.ts";
import { container, hand, looks, seen, virtual, world } from "./project-world.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-compose-variables-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a project with variables", () => {
  it("gets their values on stdin, and nothing that is saved or shown has them", async () => {
    const file = join(folder, "secret.yaml");
    await writeFile(file, "services: { a: { image: x, secrets: [s] } }\nsecrets: { s: { environment: TOKEN } }\n");
    const spec = { name: "shop", machine: "m1", files: [file], env: ["PLAIN"] };
    const env = { TOKEN: "hush\nhush\n", PLAIN: "seen" };
    const resource = await planCompose(spec, env);
    const host = createFakeHost([], { name: "m1" });
    host.on((call) => call.type === "script" || call.type === "run", "");
    host.on((call) => call.script === READ_PROJECT, seen("", ""));
    host.on((call) => call.argv.includes("config"), '{"services":{}}');
    const hosts: Hosts = { connect: async () => host };
    const kind = composeResourceTypes({ hosts, manager: async () => [], env })["compose.project"]!;
    const state = await kind.create(hand.call(resource));
    const run = host.calls.find(({ argv }) => argv.includes(RUN_WITH_ENV));
    const given = Object.fromEntries(
      (run?.stdin ?? "")
        .trim()
        .split("\n")
        .map((line) => line.split(" ")),
    );
    expect(Object.keys(given).sort()).toEqual(["PLAIN", "TOKEN"]);
    expect(Buffer.from(given.TOKEN, "base64").toString()).toBe(env.TOKEN);
    const told = JSON.stringify([
      resource,
      state,
      hand.logged,
      host.transcript(),
      [...host.files.values()].map(String),
    ]);
    expect(told).not.toContain("hush");
    expect((await planCompose(spec, { ...env, TOKEN: "other" })).props.digest).not.toBe(resource.props.digest);
    expect((await planCompose(spec, env)).props.digest).toBe(resource.props.digest);
    await expect(planCompose(spec, { PLAIN: "" })).rejects.toMatchObject({
      code: "compose.env-missing",
      message: "secret.yaml:2: the variable TOKEN is not set",
    });
  });

  it("has none of them in what a container wrote before it failed", async () => {
    const file = join(folder, "leaky.yaml");
    await writeFile(file, "services: { web: { image: x }, job: { image: x } }\n");
    const env = { TOKEN: "hush hush" };
    const resource = await planCompose({ name: "shop", machine: "m1", files: [file], env: ["TOKEN"] }, env);
    const { host, hosts } = world(looks([container("web", "exited", { exit: 3 }), container("job", "exited")]));
    host.on((call) => call.script?.includes("docker logs") === true, "got hush hush\nno hush hush\n");
    const kind = composeResourceTypes({ hosts, manager: async () => [], env, clock: virtual() })["compose.project"]!;
    hand.logged.length = 0;
    await expect(kind.create(hand.call(resource))).rejects.toMatchObject({
      code: "compose.exited",
      message: "web of shop ended with 3 on m1: no (secret)",
      cause: { message: "got (secret)\nno (secret)" },
    });
    expect(hand.logged).toContain("got (secret)");
  });

  it("reads them as they are, whatever is in them", () => {
    const value = "a b\"$(touch /nonexistent)`x`'\nline two\n\n";
    const script = RUN_WITH_ENV.replace(/exec flock \S+ /, "exec ");
    const out = execFileSync("sh", ["-c", script, "sh", "printenv", "SECRET"], {
      input: encoded({ SECRET: value, B: "" }),
    });
    expect(out.toString()).toBe(`${value}\n`);
  });
});
