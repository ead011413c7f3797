import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packedCommand } from "../../../scripts/setup/packed.mjs";
import { differences } from "./differences.ts";
import { normal } from "./said.ts";
import { freePorts, Scene, type Setup } from "./scene.ts";

interface Step {
  readonly n: number;
  readonly group: string;
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly env?: Record<string, string | null>;
  readonly stdin?: string;
  readonly setup?: readonly Setup[];
  /** The order of its lines, or its ports, differed from run to run. */
  readonly varies?: boolean;
}

/** What the real docker-machine 0.16.2 said, and did, from an empty store on. */
const recorded = readFileSync(new URL("fixtures/transcript.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");

/** By the published program: its bundles are not the sources, as exit codes once showed. */
describe("what docker-machine 0.16.2 said, said again", () => {
  let scene: Scene;
  let ports: number[];
  /** It was recorded on a computer with ssh and without sshfs and rsync, which this one may have. */
  let env: Record<string, string>;
  beforeAll(async () => {
    scene = new Scene([process.execPath, packedCommand("docker-machine")]);
    ports = await freePorts(2);
    env = { PATH: join(scene.home, ".tools") };
    mkdirSync(env.PATH!);
    for (const program of ["ssh", "scp", "cp", "sh"]) symlinkSync(`/usr/bin/${program}`, join(env.PATH!, program));
  });
  afterAll(() => scene.close());

  /** Its places and ports as they are here. */
  const here = (line: string): Step =>
    JSON.parse(
      line
        .replaceAll("<STORE>", scene.store)
        .replaceAll("<HOME>", scene.home)
        .replaceAll("127.0.0.1:2376", `127.0.0.1:${ports[0]}`)
        .replaceAll("127.0.0.1:2399", `127.0.0.1:${ports[1]}`),
    ) as Step;

  for (const line of recorded) {
    const { n, group, argv } = JSON.parse(line) as Step;
    test(`${n} ${group}: ${argv.join(" ").slice(0, 120)}`, async () => {
      const step = here(line);
      for (const each of step.setup ?? []) await scene.prepare(each);
      const said = await scene.run(step.argv.slice(1), { ...env, ...step.env }, step.stdin);
      const wanted = { code: step.code, stdout: step.stdout, stderr: step.stderr };
      const ours = differences.find((each) => each.steps.includes(n));
      if (ours) {
        // A difference that is none any more is to leave the list.
        expect(normal(said, step.varies)).not.toEqual(normal(wanted, step.varies));
        ours.holds(said, wanted);
      } else expect(normal(said, step.varies)).toEqual(normal(wanted, step.varies));
    });
  }

  test("differs in fewer than fifteen ways, each told in the documentation", () => {
    const page = readFileSync(new URL("../../../docs/compat.md", import.meta.url), "utf8");
    const told = [...page.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
    expect(told.length).toBeLessThan(15);
    expect(told).toEqual(expect.arrayContaining(differences.map(({ name }) => name)));
    const steps = differences.flatMap((each) => each.steps);
    console.log(
      `${recorded.length} steps, ${recorded.length - steps.length} to the letter, ${steps.length} of ${differences.filter((each) => each.steps.length > 0).length} listed differences`,
    );
  });
});
