import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, Resource } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planCompose } from "../src/index.ts";
import { CLEAN, READ_PROJECT, RUN_WITH_ENV } from "../src/remote-scripts.ts";
import { servicesOf } from "../src/services.ts";
import { CONFIG, container, DONE, hand, looks, NOW, seen, world } from "./project-world.ts";

let folder: string;
let project: Resource;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-compose-kind-"));
  const file = join(folder, "compose.yaml");
  await writeFile(file, 'services:\n  web: { image: "x:${TAG}" }\n  job: { image: x }\n');
  project = await planCompose({ name: "shop", machine: "m1", files: [file], profiles: ["p"] });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a project", () => {
  it("is run by docker compose over what was carried, in no environment but its own, and marked as done afterwards", async () => {
    const { host, kind, marks } = world(looks(DONE));
    const state = await kind.create(hand.call(project));
    expect(state).toMatchObject({
      digest: project.props.digest,
      services: [{ name: "job" }, { name: "web" }],
      wanted: [
        { name: "job", replicas: 1 },
        { name: "web", replicas: 1 },
      ],
    });
    expect(kind.drift?.(state, project.props)).toEqual([]);
    expect(kind.ready?.(state, project.props)).toBe(true);
    const up = host.calls.find((call) => call.argv.includes("up"));
    expect(up?.argv.slice(0, 7)).toEqual(["sh", "-c", CLEAN, "sh", "sh", "-c", RUN_WITH_ENV]);
    expect(up?.argv.slice(8).join(" ")).toBe(
      "docker compose -p shop --project-directory /var/lib/machinist/compose/shop/project/. -f /var/lib/machinist/compose/shop/project/compose.yaml --profile p up -d --build --remove-orphans",
    );
    expect(marks()).toEqual(["", project.props.digest]);
  });

  it("that compose refuses is not begun, and what it warns of is told once", async () => {
    const warning =
      'time="2026-01-01T00:00:00Z" level=warning msg="The \\"TAG\\" variable is not set. Defaulting to a blank string."\n';
    const warned = world(looks(DONE), {}, { stdout: CONFIG, stderr: warning + warning });
    hand.logged.length = 0;
    await warned.kind.create(hand.call(project));
    const words = 'docker compose: The "TAG" variable is not set. Defaulting to a blank string.';
    expect(hand.logged.filter((line) => line === words)).toHaveLength(1);
    const { host, kind } = world(
      looks(DONE),
      {},
      { code: 15, stderr: "services.web.imag Additional property imag is not allowed\n" },
    );
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code: "compose.refused",
      message: expect.stringContaining("docker compose on m1 refuses shop: services.web.imag"),
      hint: expect.any(String),
    });
    expect(host.calls.some((call) => call.argv.includes("up"))).toBe(false);
  });

  it("that fails keeps its mark unfinished and shows docker's last words", async () => {
    const { kind, marks } = world(looks(), {
      code: 17,
      stderr: "Building\nfailed to solve: no space left on device\n",
    });
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code: "compose.failed",
      message: expect.stringContaining("failed to solve: no space left on device"),
      hint: expect.stringContaining("-D"),
    });
    expect(marks()).toEqual([""]);
    expect(hand.logged).toContain("failed to solve: no space left on device");
  });

  it.each([
    [
      'Error response from daemon: Head "https://r.example:5000/v2/a/manifests/1": no basic auth credentials',
      "r.example:5000",
    ],
    ['Error response from daemon: Head "https://r.example:5000/v2/a/manifests/1": unauthorized: x', "r.example:5000"],
    [
      "Error response from daemon: pull access denied for a, repository does not exist or may require 'docker login'",
      "REGISTRY",
    ],
    ["failed to solve: a: failed to authorize: failed to fetch token: 401 Unauthorized", "REGISTRY"],
    // What is typed after docker login is a host's name, whatever was printed.
    ['Error response from daemon: Head "https://r;id/v2/a/manifests/1": unauthorized: x', "REGISTRY"],
  ])("that a registry gives nothing tells what to do: %s", async (stderr, registry) => {
    const { kind } = world(looks(), { code: 18, stderr: `${stderr}\n` });
    const create = (props: object) => kind.create(hand.call({ ...project, props: { ...project.props, ...props } }));
    const refused = { code: "compose.login-refused", message: expect.stringContaining(stderr) };
    await expect(create({})).rejects.toMatchObject({
      ...refused,
      hint: expect.stringMatching(`under registries: and log in: docker login ${registry}$`),
    });
    process.env.DOCKER_AUTH_CONFIG = '{"auths":{"r.example:5000":{"auth":"bWU6c2VjcmV0"}}}';
    try {
      await expect(create({ registries: ["r.example:5000"] })).rejects.toMatchObject({
        ...refused,
        hint: expect.stringContaining("Log in again: docker login r.example:5000;"),
      });
    } finally {
      delete process.env.DOCKER_AUTH_CONFIG;
    }
  });

  it.each([
    'failed to solve: process "/bin/sh -c cat /root/x" did not complete: permission denied',
    "Error response from daemon: mkdir /x: permission denied",
    "npm ERR! 401 Unauthorized",
  ])("that something else is denied is no matter of a registry: %s", async (stderr) => {
    const { kind } = world(looks(), { code: 18, stderr: `${stderr}\n` });
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({ code: "compose.failed" });
  });

  it("has no part of an env file's value in what compose says while it works, and when it fails", async () => {
    const warning = 'time="t" level=warning msg="The \\"hush\\" variable is not set. Defaulting to a blank string."\n';
    for (const code of [0, 17]) {
      hand.logged.length = 0;
      const { host, kind } = world(looks(DONE));
      host.on((call) => call.argv.includes("up"), { code, stderr: `${warning}Container a  Started\n` });
      const said = await kind
        .create(hand.call(project))
        .then(JSON.stringify, (error: Error) => `${error.message} ${error.cause}`);
      expect(`${said}${hand.logged.join("\n")}`).not.toContain("hush");
      expect(`${said}${hand.logged.join("\n")}`).toContain("Container a  Started");
    }
  });

  it("without a compose command says what to install", async () => {
    const { kind } = world(looks(), {}, { code: 1, stderr: "docker: 'compose' is not a docker command.\n" });
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code: "compose.missing",
      hint: expect.stringContaining("docker-compose"),
    });
  });

  it.each([
    ["containers without our mark", seen("", "", ...DONE)],
    ["another's mark", seen("other-1", "d")],
  ])("is foreign with %s, and left alone", async (_what, text) => {
    const { host, kind } = world(() => text);
    expect(await kind.read({ ...hand.call(project), state: undefined })).toBeUndefined();
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({ code: "compose.foreign" });
    await kind.delete({ ...hand.call(project), state: { name: "shop", digest: "", services: [], wanted: [] } });
    expect(host.calls.every((call) => call.script === READ_PROJECT)).toBe(true);
  });

  it("that cannot be looked at is an error, never an absence", async () => {
    const { host, kind } = world(() => "");
    host.on((call) => call.script === READ_PROJECT, {
      code: 1,
      stdout: "\n\n",
      stderr: "Cannot connect to the Docker daemon",
    });
    await expect(kind.read({ ...hand.call(project), state: undefined })).rejects.toMatchObject({
      code: "compose.unreadable",
    });
  });

  it.each<[string, string[], string | undefined]>([
    ["one that exited", [container("web", "exited", { exit: 3 }), container("job", "running")], "web exited with 3"],
    [
      "one whose check has no verdict yet",
      [container("web", "running", { health: "starting" }), container("job", "running")],
      undefined,
    ],
    ["one missing", [container("job", "running")], "web is not there"],
    ["one too many", [...DONE, container("web", "running")], "web has 2 containers instead of 1"],
    [
      "one that crashed a minute ago",
      [container("web", "running", { restarts: 2 }), container("job", "exited")],
      "web has crashed 2 times since the last up",
    ],
    [
      "one that crashed yesterday",
      [container("web", "running", { restarts: 2, seconds: 86_400 }), container("job", "exited")],
      undefined,
    ],
    [
      "one on its way again",
      [container("web", "restarting", { restarts: 7 }), container("job", "exited")],
      "web has crashed 7 times since the last up",
    ],
  ])("with %s", async (_what, containers, fault) => {
    const { kind } = world(() => seen("own-1", String(project.props.digest), ...containers));
    const state = await kind.read({ ...hand.call(project), state: undefined });
    expect(kind.drift?.(state, project.props)).toEqual(fault === undefined ? [] : ["services"]);
    const { notes = [] } = kind.previewUpdate?.({ state, props: project.props, changed: [] }) ?? {};
    expect(notes).toEqual(fault === undefined ? [] : [fault]);
  });
});

describe("a project is ready", () => {
  const young = (seconds: number, more = {}) => [
    container("web", "running", { seconds, ...more }),
    container("job", "exited"),
  ];

  it("when what changed has lasted, or has a verdict of its check", async () => {
    let looked = 0;
    const { kind } = world(() => (looked++ === 0 ? seen("", "") : seen("own-1", "", ...young(looked))));
    await kind.create(hand.call(project));
    expect(looked).toBeGreaterThanOrEqual(10);
    hand.logged.length = 0;
    const checked = world(looks(...["starting", "starting", "healthy"].map((health) => young(1, { health }))));
    await checked.kind.create(hand.call(project));
    expect(hand.logged).toEqual(["shop waits for web, which is starting"]);
  });

  it("at once where nothing changed", async () => {
    const { kind } = world(() => seen("own-1", "d0", ...young(1)));
    hand.logged.length = 0;
    await kind.update?.({
      ...hand.call(project),
      state: { name: "shop", digest: "d0", services: [], wanted: [] },
      changed: ["digest"],
    });
    expect(hand.logged).toEqual([]);
  });

  it.each<[string, string, string[][], string]>([
    [
      "crashes again and again",
      "compose.crash-loop",
      [0, 1, 2, 3, 4].map((restarts) => young(2, { restarts })),
      "web of shop crashes again and again: 3 restarts on m1: last words",
    ],
    [
      "is unhealthy",
      "compose.unhealthy",
      [young(2, { health: "unhealthy" })],
      "web of shop is unhealthy, says its own check on m1: last words",
    ],
    [
      "ends with a code",
      "compose.exited",
      [[container("web", "exited", { exit: 3 }), container("job", "exited")]],
      "web of shop ended with 3 on m1: last words",
    ],
  ])("never, where one %s", async (_what, code, each, message) => {
    const { host, kind, marks } = world(looks(...each));
    host.on((call) => call.script?.includes("docker logs") === true, "before\nlast words\n");
    await expect(kind.create(hand.call(project))).rejects.toMatchObject({
      code,
      message,
      hint: expect.stringContaining("logs web"),
    });
    expect(marks()).toEqual([""]);
  });
});

describe("a project that something waits for", () => {
  const waiting = (more: Data) => ({ ...project, props: { ...project.props, ...more } });
  const jobs = (job: string) => [container("web", "exited"), job];

  it("to complete is done when all of its jobs have ended with 0", async () => {
    const running = jobs(container("job", "running", { seconds: 1 }));
    const { kind, marks } = world(looks(running, running, jobs(container("job", "exited"))));
    const resource = waiting({ wait: "completed" });
    const state = await kind.create(hand.call(resource));
    expect(marks()).toEqual(["", project.props.digest]);
    expect(kind.drift?.(state, resource.props)).toEqual([]);
    expect(kind.ready?.(state, resource.props)).toBe(true);
  });

  it("to complete and ends with another code is told with its output, and stays unfinished", async () => {
    const { host, kind, marks } = world(looks(jobs(container("job", "exited", { exit: 2 }))));
    host.on((call) => call.script?.includes("docker logs") === true, "TASK [tune]\nfatal: no such package\n");
    await expect(kind.create(hand.call(waiting({ wait: "completed" })))).rejects.toMatchObject({
      code: "compose.job-failed",
      message: "job of shop ended with 2 on m1: fatal: no such package",
      hint: expect.stringContaining("logs"),
    });
    expect(hand.logged).toContain("TASK [tune]");
    expect(marks()).toEqual([""]);
  });

  it.each([
    [
      "healthy",
      [container("web", "running", { health: "starting" }), container("job", "running")],
      "web, which is starting",
    ],
    ["completed", [container("web", "running"), container("job", "running")], "job to end"],
    ["started", [container("web", "created"), container("job", "running")], "web, which is created"],
  ])("to be %s and is not, in its time, is told what is missing", async (wait, containers, missing) => {
    const { kind } = world(looks(containers));
    await expect(kind.create(hand.call(waiting({ wait, timeoutMs: 10 })))).rejects.toMatchObject({
      code: "compose.timeout",
      message: `shop on m1 still waits for ${missing} after 0.01 s`,
      hint: expect.stringContaining("timeout"),
    });
  });

  it.each(["started", "healthy", "completed"])(
    "to be %s, of which one ends with a code, is told so at once",
    async (wait) => {
      const ended = [container("web", "exited", { exit: 3 }), container("job", "exited")];
      const { kind } = world(looks(ended));
      await expect(kind.create(hand.call(waiting({ wait })))).rejects.toMatchObject({
        code: wait === "completed" ? "compose.job-failed" : "compose.exited",
        message: "web of shop ended with 3 on m1",
      });
    },
  );

  it("to be started need not be healthy", async () => {
    const { kind } = world(
      looks([container("web", "running", { health: "unhealthy", seconds: 0 }), container("job", "running")]),
    );
    const resource = waiting({ wait: "started" });
    expect(kind.ready?.(await kind.create(hand.call(resource)), resource.props)).toBe(true);
  });
});

it("of several containers the worst is told, and one-off runs do not count", () => {
  const oneOff = container("b", "exited", { exit: 1 }).replace("False", "True");
  const lines = [
    String(NOW),
    container("a", "running", { restarts: 1 }),
    container("a", "exited", { exit: 1, restarts: 1 }),
    oneOff,
    "",
  ];
  expect(servicesOf(lines)).toEqual([
    { name: "a", state: "exited", health: "", exit: 1, containers: 2, restarts: 2, ageMs: 60_000 },
  ]);
});
