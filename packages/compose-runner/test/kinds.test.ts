import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hosts, Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeKinds, planCompose } from "../src/index.ts";
import { servicesOf } from "../src/project-kind.ts";
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
