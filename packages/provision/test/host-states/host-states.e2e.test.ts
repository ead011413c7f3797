import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { drift } from "../../src/index.ts";
import { World } from "../lab-world.ts";
import { observe, type Seen, undeclared } from "./observe.ts";
import { type HostState, states } from "./states.ts";

const isLong = process.env.MACHINIST_LONG !== undefined;
const chosen = states.filter(({ quick }) => isLong || quick === true);

/** So many hosts are up at a time. */
const atOnce = 4;
const groups = (["docker", "bare"] as const).flatMap((image) => {
  const all = chosen.filter((each) => each.image === image);
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, index) =>
    all.slice(index * atOnce, (index + 1) * atOnce),
  );
});

const rows: string[] = [];

describeUnless(unavailable(), "hosts as others have set them up", () => {
  afterAll(() => console.log(`\n| state | before | after |\n|---|---|---|\n${rows.join("\n")}\n${rows.length} states`));

  describe.each(groups.map((group) => ({ group })))("$group.length at a time", ({ group }) => {
    let world: World;
    beforeAll(async () => {
      world = await World.start(group.length, group[0]!.image);
    });
    afterAll(() => world?.[Symbol.asyncDispose]());

    test.each(group.map((each, index) => ({ ...each, machine: `m${index + 1}` })))(
      "$state",
      { timeout: 300_000 },
      async ({ machine, ...state }) => {
        await make(world, machine, state);
        const [before, facts] = [await observe(world, machine), await same(world, machine, state)];
        const ended = state.refused
          ? await refuses(world, machine, state, state.refused, before)
          : await keeps(world, machine, state, before);
        expect(await same(world, machine, state)).toEqual(facts);
        rows.push(`| ${state.state} | ${words(before)} | ${ended} |`);
        console.log(rows.at(-1));
      },
    );
  });
});

async function make(world: World, machine: string, state: HostState): Promise<void> {
  for (const line of state.made) await world.sh(machine, line);
  if (state.empty) return;
  await world.container(machine, "prod", "-v data:/data");
  for (const line of state.more ?? []) await world.sh(machine, line);
}

const same = (world: World, machine: string, state: HostState): Promise<string[]> =>
  Promise.all((state.same ?? []).map((line) => world.sh(machine, line)));

/** It is refused before the first write: nothing differs, and nothing was written that is as it was before. */
async function refuses(world: World, machine: string, state: HostState, code: string, before: Seen): Promise<string> {
  await world.sh(machine, "touch /run/before; sleep 0.01");
  const pid = await world.pid(machine);
  await logIn(world, machine, state);
  const failure = await world.create(machine, { hostname: false, ...state.spec }).catch((error) => error);
  expect(failure).toMatchObject({ code, hint: expect.any(String) });
  expect(undeclared(before, await observe(world, machine), false).join("\n")).toBe("");
  const written = "find /etc /usr/local /home /srv -cnewer /run/before ! -name resolv.conf ! -path '/srv/d/*'";
  expect(await world.sh(machine, written)).toBe("");
  expect(await world.pid(machine)).toBe(pid);
  return `refused: ${failure.message.replaceAll("|", "/")} (${code})`;
}

/** It becomes a machine and is let go again: whatever nobody declared is as it was, after the one and after the other. */
async function keeps(world: World, machine: string, state: HostState, before: Seen): Promise<string> {
  const installs = state.image === "bare";
  const known = state.restarts ? unstarted(before) : before;
  const seen = async () => (state.restarts ? unstarted(await observe(world, machine)) : observe(world, machine));
  await logIn(world, machine, state);
  const { state: made, call } = await world.create(machine, { hostname: false, ...state.spec });
  expect(drift(made, call.props)).toEqual([]);
  if (state.restarts) expect(call.logs.join("\n")).toMatch(/is in a Swarm.*start again/);
  const differs = async (provisioned: boolean) => undeclared(known, await seen(), provisioned, installs).join("\n");
  await expect.poll(() => differs(true), { timeout: 30_000 }).toBe("");
  await world.kind.delete({ ...call, state: made });
  await expect.poll(() => differs(false), { timeout: 30_000 }).toBe("");
  return `the same while it was a machine, and let go${state.restarts ? "; tasks started again, which was said" : ""}`;
}

async function logIn(world: World, machine: string, { user }: HostState): Promise<void> {
  if (user === undefined) return;
  world.users.set(machine, user);
  await world.pool.drop(machine);
}

/** Containers that Swarm made come and go; of the owner's only the start differs. */
const unstarted = (seen: Seen): Seen => ({ ...seen, containers: {}, networks: [] });

const words = ({ containers, images, volumes, packages, files }: Seen): string =>
  [
    `${Object.keys(containers).length} containers`,
    `${images.length} images`,
    `${volumes.length} volumes`,
    `${packages.length} packages`,
    `${Object.keys(files).length} files`,
  ].join(", ");
