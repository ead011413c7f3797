import type { Call, EngineApi } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { type SwarmInfo, statusOf, swarmInfo } from "./api-types.ts";
import { LOCKED, type MemberState } from "./member-state.ts";
import type { SwarmOptions } from "./options.ts";
import type { MemberProps } from "./plan.ts";
import { eventually } from "./poll.ts";

export const isLocked = (info: SwarmInfo): boolean => info.LocalNodeState === "locked";

/** A locked manager says nothing of itself: it is what it was, and waits for the key. */
export const lockedNode = ({ state }: Call<MemberProps> & { readonly state: MemberState | undefined }) =>
  state && { ...state, status: LOCKED };

/** Unlock a machine's manager where it is locked. Throws `swarm.locked` where no key that is kept opens it. */
export async function unlockMachine(
  { engines, keys }: SwarmOptions,
  fleet: string,
  machine: string,
  signal: AbortSignal,
): Promise<void> {
  const engine = await engines.connect(machine, { signal });
  if (!isLocked(await swarmInfo(engine, { signal }))) return;
  for (const key of (await keys?.read(fleet)) ?? [])
    if (await opens(engine, key, signal)) {
      await eventually(async () => (isLocked(await swarmInfo(engine, { signal })) ? undefined : true), {
        signal,
        forMs: 20_000,
      });
      return;
    }
  throw new MachinistError(
    "swarm.locked",
    `The Swarm's manager on ${machine} is locked, and no key kept here opens it`,
    {
      hint: `Unlock it by hand, then run the same command again: machinist ssh ${machine} docker swarm unlock`,
    },
  );
}

async function opens(engine: EngineApi, UnlockKey: string, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.request("POST", "/swarm/unlock", { signal, body: { UnlockKey }, timeoutMs: 60_000 });
    return true;
  } catch (error) {
    // A wrong key is a 4xx or 5xx by version; what the request held is not repeated in the error.
    if (statusOf(error) === undefined) throw error;
    return !isLocked(await swarmInfo(engine, { signal }));
  }
}

/** The key of a Swarm that locks itself, kept if it is not yet. True once it is. Asked of an unlocked manager. */
export async function keepKey(
  { keys }: SwarmOptions,
  fleet: string,
  engine: EngineApi,
  signal: AbortSignal,
): Promise<void> {
  if (keys === undefined) return;
  const [key, kept] = await Promise.all([presentKey(engine, signal), keys.read(fleet)]);
  if (key !== "" && kept[0] !== key) await keys.write(fleet, [key, ...kept.filter((each) => each !== key)].slice(0, 2));
}

/** Whether the present key is the one that is kept. */
export async function isKept(
  { keys }: SwarmOptions,
  fleet: string,
  engine: EngineApi,
  signal: AbortSignal,
): Promise<boolean> {
  if (keys === undefined) return true;
  const [key, kept] = await Promise.all([presentKey(engine, signal), keys.read(fleet)]);
  return key === "" || kept[0] === key;
}

const presentKey = async (engine: EngineApi, signal: AbortSignal): Promise<string> =>
  (await engine.request<{ UnlockKey?: string }>("GET", "/swarm/unlockkey", { signal })).UnlockKey ?? "";
