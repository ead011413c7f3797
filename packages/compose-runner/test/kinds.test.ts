import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, Hosts, Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encoded } from "../src/environment.ts";
import { composeKinds, planCompose } from "../src/index.ts";
import { LOOK_CARRIED, RUN_WITH_ENV } from "../src/remote-scripts.ts";
import { servicesOf } from "../src/services.ts";
import { parseService } from "../src/stack-kind.ts";
import { Hand } from "./calls.ts";

let folder: string;
let project: Resource;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-compose-kind-"));
  const file = join(folder, "compose.yaml");
  await writeFile(file, "services:\n  web: { image: x }\n  job: { image: x }\n");
  project = await planCompose({ name: "shop", machine: "m1", files: [file], profiles: ["p"] });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hand = new Hand("own-1");
const seen = (owner: string, digest: string, ...containers: string[]) => [owner, digest, ...containers].join("\n");
const RUNNING = "web\tFalse\trunning\tUp 2 seconds\njob\tFalse\texited\tExited (0) 1 second ago";

function world(read: () => string, up: { code?: number; stderr?: string } = {}) {
  const host = createFakeHost([], { name: "m1" });
  host.on((call) => call.type === "script", "");
  host.on((call) => call.argv[2] === LOOK_CARRIED, "");
  host.on((call) => call.script?.includes("docker ps") === true, read);
  host.on("docker compose -p", up);
  const hosts: Hosts = { connect: async () => host };
  const kind = composeKinds({ hosts, manager: async () => [] })["compose.project"]!;
  return { host, kind };
}

describe("a project", () => {
  it("is run by docker compose over what was carried, and marked as done afterwards", async () => {
    let done = false;
    const { host, kind } = world(() => (done ? seen("own-1", String(project.props.digest), RUNNING) : seen("", "")));
    host.on("docker compose -p", () => {
      done = true;
      return "";
    });
    const state = await kind.create(hand.call(project));
    expect(state).toMatchObject({ digest: project.props.digest, services: [{ name: "job" }, { name: "web" }] });
    expect(kind.drift?.(state, project.props)).toEqual([]);
    expect(kind.ready?.(state, project.props)).toBe(true);
    const up = host.calls.find((call) => call.argv[0] === "docker");
    expect(up?.argv.join(" ")).toBe(
      "docker compose -p shop --project-directory /var/lib/machinist/compose/shop/project/. -f /var/lib/machinist/compose/shop/project/compose.yaml --profile p up -d --build --remove-orphans",
    );
    const marks = host.calls.filter((call) => call.argv[1] === "own-1").map((call) => call.argv[2]);
    expect(marks).toEqual(["", project.props.digest]);
  });

  it("that fails keeps its mark unfinished and shows docker's last words", async () => {
    const { host, kind } = world(() => seen("", ""), {
      code: 17,
      stderr: "Building\nfailed to solve: no space left on device\n",
    });
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code: "compose.failed",
      message: expect.stringContaining("failed to solve: no space left on device"),
    });
    expect(host.calls.filter((call) => call.argv[1] === "own-1").map((call) => call.argv[2])).toEqual([""]);
    expect(hand.logged).toContain("failed to solve: no space left on device");
  });

  it("without a compose command says what to install", async () => {
    const { kind } = world(() => seen("", ""), { code: 1, stderr: "docker: 'compose' is not a docker command.\n" });
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code: "compose.missing",
      hint: expect.stringContaining("docker-compose"),
    });
  });

  it.each([
    ["containers without our mark", seen("", "", RUNNING)],
    ["another's mark", seen("other-1", "d")],
  ])("is foreign with %s, and left alone", async (_what, text) => {
    const { host, kind } = world(() => text);
    expect(await kind.read({ ...hand.call(project), state: undefined })).toBeUndefined();
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({ code: "compose.foreign" });
    await kind.delete({ ...hand.call(project), state: { name: "shop", digest: "", services: [] } });
    expect(host.calls.every((call) => call.script?.includes("docker ps"))).toBe(true);
  });

  it("that cannot be looked at is an error, never an absence", async () => {
    const { host, kind } = world(() => "");
    host.on((call) => call.script?.includes("docker ps") === true, {
      code: 1,
      stdout: "\n\n",
      stderr: "Cannot connect to the Docker daemon",
    });
    await expect(kind.read({ ...hand.call(project), state: undefined })).rejects.toMatchObject({
      code: "compose.unreadable",
    });
  });

  it.each([
    ["web\tFalse\texited\tExited (3) 1 second ago\njob\tFalse\trunning\tUp", ["services"], "exited with 3"],
    ["web\tFalse\trunning\tUp 1 second (health: starting)\njob\tFalse\trunning\tUp", [], "starting"],
    ["web\tFalse\trunning\tUp 1 second (unhealthy)\njob\tFalse\trunning\tUp", [], "unhealthy"],
    ["job\tFalse\trunning\tUp", ["services"], "web to start"],
  ])("with containers %j drifts in %j and waits for %s", async (containers, drift, waiting) => {
    const { kind } = world(() => seen("own-1", String(project.props.digest), containers));
    const state = await kind.read({ ...hand.call(project), state: undefined });
    expect(kind.drift?.(state, project.props)).toEqual(drift);
    expect(kind.ready?.(state, project.props)).toContain(waiting);
  });
});

describe("a project that something waits for", () => {
  const waiting = (more: Data) => ({ ...project, props: { ...project.props, ...more } });
  const jobs = (state: string) => `web\tFalse\texited\tExited (0) now\njob\tFalse\t${state}`;
  const marks = (host: ReturnType<typeof world>["host"]) =>
    host.calls.filter((call) => call.argv[1] === "own-1").map((call) => call.argv[2]);

  it("to complete is done when all of its jobs have ended with 0", async () => {
    let looks = 0;
    const { host, kind } = world(() => {
      if (looks++ === 0) return seen("", "");
      return seen("own-1", "", looks < 4 ? jobs("running\tUp 1 second") : jobs("exited\tExited (0) now"));
    });
    const resource = waiting({ wait: "completed" });
    const state = await kind.create(hand.call(resource));
    expect(looks).toBeGreaterThanOrEqual(4);
    expect(marks(host)).toEqual(["", project.props.digest]);
    expect(kind.drift?.(state, resource.props)).toEqual([]);
    expect(kind.ready?.(state, resource.props)).toBe(true);
    expect(kind.ready?.(await hand.read(world(() => seen("own-1", "d", RUNNING)).kind, resource), project.props)).toBe(
      true,
    );
  });

  it("to complete and ends with another code is told with its output, and stays unfinished", async () => {
    let looks = 0;
    const { host, kind } = world(() =>
      looks++ === 0 ? seen("", "") : seen("own-1", "", jobs("exited\tExited (2) now")),
    );
    host.on((call) => call.script?.includes("docker logs") === true, "TASK [tune]\nfatal: no such package\n");
    await expect(kind.create(hand.call(waiting({ wait: "completed" })))).rejects.toMatchObject({
      code: "compose.job-failed",
      message: "job of shop ended with 2 on m1: fatal: no such package",
      hint: expect.stringContaining("logs"),
    });
    expect(hand.logged).toContain("TASK [tune]");
    expect(marks(host)).toEqual([""]);
  });

  it.each([
    ["healthy", "web\tFalse\trunning\tUp 1 second (unhealthy)\njob\tFalse\trunning\tUp", "web, which is unhealthy"],
    ["completed", "web\tFalse\trunning\tUp 1 second\njob\tFalse\trunning\tUp", "job to end"],
    ["started", "web\tFalse\tcreated\tCreated\njob\tFalse\trunning\tUp", "web, which is created"],
  ])("to be %s and is not, in its time, is told what is missing", async (wait, containers, missing) => {
    let looks = 0;
    const { kind } = world(() => (looks++ === 0 ? seen("", "") : seen("own-1", "", containers)));
    await expect(kind.create(hand.call(waiting({ wait, timeoutMs: 10 })))).rejects.toMatchObject({
      code: "compose.timeout",
      message: `shop on m1 still waits for ${missing} after 0.01 s`,
      hint: expect.stringContaining("timeout"),
    });
  });

  it("to be started need not be healthy", async () => {
    const up = "web\tFalse\trunning\tUp 1 second (unhealthy)\njob\tFalse\trunning\tUp";
    let looks = 0;
    const { kind } = world(() => (looks++ === 0 ? seen("", "") : seen("own-1", String(project.props.digest), up)));
    const resource = waiting({ wait: "started" });
    expect(kind.ready?.(await kind.create(hand.call(resource)), resource.props)).toBe(true);
  });
});

describe("a project with variables", () => {
  it("gets their values on stdin, and nothing that is saved or shown has them", async () => {
    const file = join(folder, "secret.yaml");
    await writeFile(file, "services: { a: { image: x, secrets: [s] } }\nsecrets: { s: { environment: TOKEN } }\n");
    const spec = { name: "shop", machine: "m1", files: [file], env: ["PLAIN"] };
    const env = { TOKEN: "hush\nhush\n", PLAIN: "seen" };
    const resource = await planCompose(spec, env);
    const host = createFakeHost([], { name: "m1" });
    host.on((call) => call.type === "script" || call.type === "run", "");
    host.on((call) => call.script?.includes("docker ps") === true, seen("", ""));
    const hosts: Hosts = { connect: async () => host };
    const kind = composeKinds({ hosts, manager: async () => [], env })["compose.project"]!;
    const state = await kind.create(hand.call(resource));
    const run = host.calls.find(({ argv }) => argv[2] === RUN_WITH_ENV);
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

  it("reads them as they are, whatever is in them", () => {
    const value = "a b\"$(touch /nonexistent)`x`'\nline two\n\n";
    const script = RUN_WITH_ENV.replace(/exec flock \S+ /, "exec ");
    const out = execFileSync("sh", ["-c", script, "sh", "printenv", "SECRET"], {
      input: encoded({ SECRET: value, B: "" }),
    });
    expect(out.toString()).toBe(`${value}\n`);
  });
});

describe("a stack", () => {
  const stack: Resource = {
    id: "@demo/stack:site",
    kind: "swarm.stack",
    props: { name: "site", files: [], envFiles: [], profiles: [], services: ["web"], digest: "d1" },
    parents: ["@demo/swarm"],
  };
  const read = (answers: { [machine: string]: string }) => {
    const hosts: Hosts = {
      connect: async (machine) => {
        const answer = answers[machine];
        if (answer === undefined) throw new MachinistError("ssh.unreachable", `${machine} is away`);
        const host = createFakeHost([], { name: machine });
        host.on((call) => call.type === "script", answer);
        return host;
      },
    };
    const kind = composeKinds({ hosts, manager: async () => ["m1", "m2", "m3"] })["swarm.stack"]!;
    return { kind, state: kind.read({ ...hand.call(stack), state: undefined }) };
  };

  it("is read from the first manager that answers as one", async () => {
    const { kind, state } = read({ m2: "false\n", m3: "true\nC\tx\town-1\td1\nS\tsite_web\t1/3\n" });
    expect(await state).toEqual({ name: "site", digest: "d1", services: [{ name: "web", running: 1, wanted: 3 }] });
    expect(kind.ready?.(await state, stack.props)).toBe("web 1/3");
    expect(kind.drift?.(await state, stack.props)).toEqual([]);
  });

  it("cut short between two marks is not believed to be whole", async () => {
    const { kind, state } = read({ m1: "true\nC\tx\town-1\t\nC\ty\town-1\td1\nS\tsite_web\t3/3\n" });
    expect(kind.drift?.(await state, stack.props)).toEqual(["digest"]);
  });

  it("is absent where nobody made it, unknown where nobody answers", async () => {
    expect(await read({ m1: "true\n" }).state).toBeUndefined();
    await expect(read({}).state).rejects.toMatchObject({ code: "stack.no-manager", retryable: true });
  });
});

it("of several containers the worst is told, and one-off runs do not count", () => {
  const lines = ["a\tFalse\trunning\tUp", "a\tFalse\texited\tExited (1) now", "b\tTrue\texited\tExited (1) now", ""];
  expect(servicesOf(lines)).toEqual([{ name: "a", state: "exited", health: "", exit: 1 }]);
});

it.each([
  ["S\tsite_web\t1/3", { name: "web", running: 1, wanted: 3 }],
  ["S\tsite_job\t0/1 (1/1 completed)", { name: "job", running: 1, wanted: 1 }],
  ["S\tsite_web\t3/3 (max 1 per node)", { name: "web", running: 3, wanted: 3 }],
  ["C\tx\ty\tz", undefined],
])("%j is read as %j", (line, service) => {
  expect(parseService(line, "site_")).toEqual(service);
});
