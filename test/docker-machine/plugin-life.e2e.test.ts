import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { languages, makeShelf } from "../../packages/driver-plugin/test/shelf.ts";
import { Program } from "../bad-input/program.ts";

const kills = Number(process.env.MACHINIST_KILLS ?? 2);
/** The one on libmachine where it can be had. */
const { language } = languages.findLast(({ missing }) => missing === undefined)!;

/** Commands of a life, each with what its plugin's machine does afterwards: 1 runs, 4 is off. */
const life = [
  { words: ["stop", "box"], state: 4 },
  { words: ["start", "box"], state: 1 },
  { words: ["restart", "box"], state: 1 },
  { words: ["kill", "box"], state: 4 },
  { words: ["start", "box"], state: 1 },
] as const;

describe.each(["good", "slow", "lingers", "tells that it is gone"])("a machine of a plugin that is %s", (manner) => {
  const cleaning: (() => unknown)[] = [];
  afterAll(() => Promise.all(cleaning.map((clean) => clean())));

  test("has one life, however often its commands are killed and typed again", async () => {
    const shelf = await makeShelf(language);
    const machinist = new Program();
    const dropIn = new Program(machinist.store, "docker-machine");
    cleaning.push(
      () => shelf.remove(),
      () => machinist.remove(),
      () => dropIn.remove(),
    );
    const env = { PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame" };
    const create = ["create", "-d", "docker-machine-driver-shelf", "--no-engine", "--shelf-folder", shelf.folder];
    let killed = 0;
    const note = join(machinist.store, "machines", "box", "plugin", "begun.json");
    const readNote = () => (existsSync(note) ? readFileSync(note, "utf8") : "");
    const noted: string[] = [];

    /** Kill it at moments spread over the time that it takes, typing it again each time, and let the last one end. */
    const killedAndAgain = async (program: Program, words: readonly string[], tookMs: number) => {
      for (let kill = 0; kill < kills; kill++) {
        const { child, ended } = program.start(words, { env });
        await Promise.race([delay((tookMs * (kill + Math.random())) / kills), ended]);
        child.kill("SIGKILL");
        if ((await ended).exit === null) killed++;
        noted.push(readNote());
      }
      return program.run(words, { env });
    };
    /**
     * The protocol has no word for what a plugin is about to make: one that is killed between its provider's answer and our
     * next question leaves a machine that nobody was told of. Of those alone there may be more than one.
     */
    const removeUntold = async (): Promise<number> => {
      const ids = (await shelf.machines()).map((line) => line.split(" ")[0]!.replace(/\.json$/, ""));
      const last = readNote();
      const record = readFileSync(join(machinist.store, "machines", "box", "record.json"), "utf8");
      const others = ids.filter((id) => ![last, record, ...noted].some((text) => text.includes(id)));
      for (const id of others) rmSync(join(shelf.folder, `${id}.json`));
      return others.length;
    };
    let untold = 0;
    const machines = async () => (await shelf.machines()).map((line) => JSON.parse(line.replace(/^\S+ /, "")));

    const began = Date.now();
    await machinist.must([...create, "--shelf-manner", manner, "first"], { env });
    const tookMs = Date.now() - began;
    await machinist.must(["rm", "-y", "first"], { env });
    expect(await machines()).toEqual([]);

    for (const program of [machinist, dropIn]) {
      const made = await killedAndAgain(machinist, [...create, "--shelf-manner", manner, "box"], tookMs);
      // One that was killed when all was made, before it could say so, is there.
      if (made.exit !== 0) expect(made.stderr).toContain("machine.exists");
      const folder = join(machinist.store, "machines", "box");
      const key = readFileSync(join(folder, "id_rsa.pub"), "utf8");
      expect(existsSync(join(folder, "id_rsa"))).toBe(true);
      untold += await removeUntold();
      untold += await removeUntold();
      expect(await machines()).toMatchObject([{ name: "box", state: 1, key }]);
      for (const { words, state } of life) {
        const ended = await killedAndAgain(program, words, tookMs);
        if (ended.exit !== 0) expect(ended.stderr).toMatch(/is already (running|stopped)/);
        expect(await machines()).toMatchObject([{ name: "box", state, key }]);
        const status = await program.must(["status", "box"], { env });
        expect(status.stdout.trim().toLowerCase()).toContain(state === 1 ? "running" : "stopped");
      }
      const gone = await killedAndAgain(program, ["rm", "-y", "box"], tookMs);
      if (gone.exit !== 0) expect(gone.stderr).toMatch(/There is no machine|does not exist/);
      expect(await machines()).toEqual([]);
      expect(readdirSync(join(machinist.store, "machines")).filter((name) => !name.startsWith("."))).toEqual([]);
    }
    console.log(
      `plugin in ${language}, ${manner}: ${killed} runs were killed, 0 left, 0 doubled of those that the plugin had told; ${untold} it had not`,
    );
  });
});
