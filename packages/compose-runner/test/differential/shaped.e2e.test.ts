import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MachinistError } from "@machinist/core";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { composeResourceTypes, planCompose } from "../../src/index.ts";
import { Hand } from "../calls.ts";
import { type EngineLab, type SeenContainer, startEngine } from "./engine.ts";
import { projects, putShaped, type Shaped } from "./shaped/all.ts";

/** What there is time for before each commit; all of them with MACHINIST_LONG. */
const QUICK = [
  "a service extends one of another file, whose paths start there",
  "an include with an env file of its own",
  "a second file takes a service away",
  "an anchor for what services have in common",
  "values in single quotes, as they stand",
  "several env files, one of which need not be there",
  "a secret at a path of its own",
  "a config that is written in the file, with variables",
  "a build with a .dockerignore that has exceptions",
  "odd file names",
  "replicas",
  "one that waits until a job has ended well",
];

/** To see some again: `MACHINIST_SHAPED='part of a title|of another'`. */
const only = process.env.MACHINIST_SHAPED?.split("|");
const isChosen = ({ what }: Shaped): boolean =>
  only === undefined
    ? process.env.MACHINIST_LONG !== undefined || QUICK.includes(what)
    : only.some((each) => what.includes(each));
/** What needs a newer compose than the machine has is told apart by how files are read, which needs no machine. */
const chosen = projects.filter((project) => isChosen(project) && project.since === undefined);

describeUnless(unavailable(), "projects as people write them, beside what docker compose itself makes of them", () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await startEngine();
  });
  afterAll(() => lab?.dispose());

  test("are the same services, containers, values and files", async () => {
    const wrong: string[] = [];
    let right = 0;
    const waiting = chosen.map((project, at) => [project, `p${at}`] as const);
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const problem = await judged(...next).catch((error: Error) => `${error.message}\n${error.cause ?? ""}`);
        if (problem === undefined) right++;
        else wrong.push(`${next[0].what}: ${problem}`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    console.log(`${right} projects of people's are the same with a real engine, ${wrong.length} are not`);
    expect(wrong.join("\n\n")).toBe("");
    expect(right).toBeGreaterThanOrEqual(only === undefined ? QUICK.length : 1);
  }, 3_600_000);

  /** What differs; undefined where nothing does. */
  async function judged(project: Shaped, name: string): Promise<string | undefined> {
    const home = await mkdtemp(join(lab.folder, "home-"));
    try {
      putShaped(project, home);
      const ours = await byUs(project, name, home);
      const theirs = await byCompose(project, name, home);
      return unlike("expected", expectedOf(project), foundOf(project, ours)) ?? unlike("containers", theirs, ours);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  interface Seen {
    readonly containers: readonly SeenContainer[];
    readonly held: { readonly [key: string]: string };
  }

  async function byUs(project: Shaped, name: string, home: string): Promise<Seen> {
    const { files, envFiles = [], ...use } = project.use;
    const at = (file: string) => join(home, "shop", file);
    const env = { ...project.environment, HOME: home };
    const kind = composeResourceTypes({ hosts: lab.pool, manager: async () => [], env })["compose.project"]!;
    const spec = { name, machine: "h1", files: files.map(at), envFiles: envFiles.map(at), ...use, steadyMs: 500 };
    const resource = await planCompose(spec, env);
    const hand = new Hand("shaped");
    try {
      const code = await hand.create(kind, resource).then(
        () => undefined,
        (error: MachinistError) => {
          if (error.code === project.fails) return error.code;
          throw error;
        },
      );
      expect(code, "how it ends").toBe(project.fails);
      const seen = await settled(project, name);
      if (code !== undefined) return seen;
      const state = (await hand.read(kind, resource))!;
      expect(kind.drift?.(state, resource.props), "drift of what was just made").toEqual([]);
      return seen;
    } finally {
      await hand.delete(kind, resource);
      await withoutVolumes(name);
    }
  }

  async function byCompose(project: Shaped, name: string, home: string): Promise<Seen> {
    const there = `/root/theirs/${name}`;
    const { files, envFiles = [], profiles = [] } = project.use;
    await lab.copy(home, there);
    const variables = { ...project.environment, HOME: there, PWD: `${there}/shop` };
    const argv = [
      ...["env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"],
      ...Object.entries(variables).map(([key, value]) => `${key}=${value}`),
      ...["docker", "compose", "-p", name, ...files.flatMap((file) => ["-f", file])],
      ...envFiles.flatMap((file) => ["--env-file", file]),
      ...profiles.flatMap((profile) => ["--profile", profile]),
    ];
    const compose = (...words: string[]) =>
      lab.sh(`cd ${there}/shop && ${[...argv, ...words].map((word) => `'${word}'`).join(" ")} 2>&1`);
    try {
      await compose("up", "-d", "--build");
      return await settled(project, name);
    } finally {
      await compose("down", "-t", "0", "--remove-orphans");
      await withoutVolumes(name);
      await lab.sh(`rm -rf ${there}`);
    }
  }

  const withoutVolumes = (name: string) =>
    lab.sh(`docker volume ls -q --filter label=com.docker.compose.project=${name} | xargs -r docker volume rm`);

  /** As it is when two looks are the same, and no check is still at work. */
  async function settled(project: Shaped, name: string): Promise<Seen> {
    let before = "";
    for (;;) {
      const containers = await lab.seen(name);
      const now = JSON.stringify(containers);
      const busy = containers.some(({ state, health }) => state === "restarting" || health === "starting");
      if (now === before && !busy) return { containers, held: await heldBy(project, name) };
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  async function heldBy({ holds }: Shaped, name: string): Promise<{ [key: string]: string }> {
    const held: { [key: string]: string } = {};
    for (const key of Object.keys(holds)) {
      const [service, ...path] = key.split(":");
      const filter = `--filter label=com.docker.compose.project=${name} --filter label=com.docker.compose.service=${service}`;
      held[key] = await lab.sh(`docker exec $(docker ps -q ${filter}) cat '${path.join(":")}'`);
    }
    return held;
  }
});

function expectedOf({ runs, values, built = {}, holds }: Shaped) {
  const there = Object.fromEntries(Object.entries(runs).filter(([, count]) => count > 0));
  return { runs: there, values: { ...values, ...built }, holds };
}

function foundOf(
  { values, built = {} }: Shaped,
  { containers, held }: { containers: readonly SeenContainer[]; held: object },
) {
  const runs: { [service: string]: number } = {};
  for (const { service } of containers) runs[service] = (runs[service] ?? 0) + 1;
  const variable = (key: string) => {
    const [service = "", name = ""] = key.split(".");
    const env = containers.find((each) => each.service === service)?.env ?? [];
    return env.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  };
  return {
    runs,
    values: Object.fromEntries(Object.keys({ ...values, ...built }).map((key) => [key, variable(key)])),
    holds: held,
  };
}

function unlike(what: string, wanted: unknown, found: unknown): string | undefined {
  const [a, b] = [JSON.stringify(wanted, null, 1).split("\n"), JSON.stringify(found, null, 1).split("\n")];
  const at = a.findIndex((line, index) => line !== b[index]);
  if (at < 0 && a.length === b.length) return undefined;
  return `${what} differs:\nwanted ${a.slice(Math.max(0, at - 4), at + 3).join("\n")}\nfound ${b.slice(Math.max(0, at - 4), at + 3).join("\n")}`;
}
