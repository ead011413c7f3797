import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { stages } from "../scripts/test/stages.mjs";
import { filesBelow, packages, readManifest, readText, root } from "./repository/packages.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
type Permissions = Readonly<Record<string, string>>;
interface Job {
  readonly "runs-on"?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Permissions;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

const scripts = (JSON.parse(readText("package.json")) as { scripts: Record<string, string> }).scripts;
const paths = filesBelow(".github/workflows", [".yml", ".yaml"]);

/** Commands that a step gives to npm or pnpm, by the names of the scripts they run. */
const scriptsRun = (command: string): string[] =>
  [...command.matchAll(/\bp?npm (?:run )?([a-z][\w:-]*)/g)].map(([, name]) => name!).filter((name) => name !== "run");

/** Everything that a workflow would do with more trust than it needs, or could not do at all. */
function faults(text: string): string[] {
  const found: string[] = [];
  const workflow = parse(text) as Workflow;
  if (workflow.permissions === undefined) found.push("no permissions: a workflow has those of its repository");
  if (Object.values(workflow.permissions ?? {}).includes("write")) found.push("all jobs may write");
  // A digest does not say which version it is; YAML drops the comment that does.
  for (const [, action = "", rest = ""] of text.matchAll(/^\s*(?:- )?uses: *(\S+)(.*)$/gm))
    if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(action) || !/^ # v\d+\.\d+\.\d+$/.test(rest))
      found.push(`${action} is not pinned by digest, with its version as a comment`);
  for (const [name, job] of Object.entries(workflow.jobs)) found.push(...jobFaults(name, job));
  return found;
}

function jobFaults(name: string, job: Job): string[] {
  const found: string[] = [];
  if (job["timeout-minutes"] === undefined) found.push(`${name} has no timeout`);
  for (const { run = "", uses = "", with: given } of job.steps) {
    const missing = scriptsRun(run).filter((script) => scripts[script] === undefined);
    found.push(...missing.map((script) => `${name} runs ${script}, which is no script`));
    if (/\$\{\{ *github\.(?:event|head_ref)/.test(run)) found.push(`${name} puts what others wrote into a command`);
    const writes = job.permissions?.contents === "write";
    if (uses.startsWith("actions/checkout@") && !writes && given?.["persist-credentials"] !== false)
      found.push(`${name} leaves a token in the clone`);
  }
  return found;
}

test.each(paths)("%s trusts no more than it must, and runs what there is", (path) => {
  expect(faults(readText(path))).toEqual([]);
});

test("only one job may attest where packages were built, and it may write nothing", () => {
  const { jobs } = parse(readText(".github/workflows/release.yml")) as Workflow;
  const attesting = Object.values(jobs).filter(({ permissions }) => permissions?.["id-token"] === "write");
  expect(attesting.map(({ permissions }) => permissions)).toEqual([{ contents: "read", "id-token": "write" }]);
  const commands = attesting.flatMap(({ steps }) => steps.map(({ run }) => run ?? ""));
  expect(commands).toContain("npm run release:publish");
});

test("every stage of npm test is run by some job", () => {
  const commands = Object.values((parse(readText(".github/workflows/ci.yml")) as Workflow).jobs)
    .flatMap(({ steps }) => steps.map(({ run }) => run ?? ""))
    .flatMap((run) => /npm test -- --only=(\S+)/.exec(run)?.[1]?.split(",") ?? []);
  expect([...new Set(commands)].sort()).toEqual([...stages].sort());
});

test("faults are seen: tags for digests, missing permissions, timeouts and scripts, tokens, other people's words", () => {
  const bad = `
jobs:
  a:
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830
      - run: npm run nowhere && pnpm neither
      - run: echo \${{ github.event.pull_request.title }}
`;
  expect(faults(bad)).toEqual([
    "no permissions: a workflow has those of its repository",
    expect.stringContaining("actions/checkout@v4 is not pinned"),
    expect.stringContaining("actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 is not pinned"),
    "a has no timeout",
    "a leaves a token in the clone",
    "a runs nowhere, which is no script",
    "a runs neither, which is no script",
    "a puts what others wrote into a command",
  ]);
  expect(faults("permissions: { contents: write }\njobs: {}\n")).toEqual(["all jobs may write"]);
});

test("what dependabot leaves alone is among the dependencies", () => {
  const { updates } = parse(readText(".github/dependabot.yml")) as {
    updates: { ignore?: { "dependency-name": string }[] }[];
  };
  const names = updates.flatMap(({ ignore = [] }) => ignore.map((each) => each["dependency-name"]));
  const manifests = packages().map(({ manifest }) => manifest);
  const known = [readManifest(join(root, "package.json")), ...manifests].flatMap((manifest) =>
    Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
  );
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

test.each(filesBelow(".github/ISSUE_TEMPLATE", [".yml"]))("%s is a form, or says where else to go", (path) => {
  const form = parse(readText(path)) as { body?: { id?: string }[]; contact_links?: { url: string }[] };
  expect((form.body ?? form.contact_links ?? []).length).toBeGreaterThan(0);
  for (const { url } of form.contact_links ?? []) expect(url).toMatch(/^https:\/\/github\.com\/[\w.-]+\/machinist\//);
});

test("what a pull request and the devcontainer are to run is there", () => {
  const text = readText(".github/PULL_REQUEST_TEMPLATE.md") + readText(".devcontainer/devcontainer.json");
  const run = scriptsRun(text);
  expect(run.length).toBeGreaterThan(3);
  // pnpm runs scripts, and programs of dependencies.
  const missing = run.filter((name) => !(name in scripts) && !existsSync(join(root, "node_modules/.bin", name)));
  expect(missing).toEqual([]);
});
