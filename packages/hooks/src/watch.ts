import type { AnyKind, Call, Data, EventBody, Kinds, Resource, ScopeRecord } from "@machinist/core";
import { Foresight } from "./foresee.ts";
import type { Occurrence } from "./occurrence.ts";
import type { HookSession } from "./session.ts";
import type { HookWorld } from "./world.ts";

/** One run of the loop, with its hooks in it. */
export interface Watch {
  readonly kinds: Kinds;
  /** See what the loop tells. */
  saw(event: EventBody): void;
  /** To be called when the loop has ended. */
  finish(): Promise<void>;
}

/**
 * Put hooks around one run of the loop: what it may bring about is announced first, hooks `before` are asked right
 * before a kind is. Undefined where none of the fleets has hooks.
 */
export async function watch(
  session: HookSession,
  world: HookWorld,
  loop: { readonly records: readonly ScopeRecord[]; readonly wanted: readonly Resource[]; readonly kinds: Kinds },
): Promise<Watch | undefined> {
  const fleets = new Set(loop.records.map(({ fleet }) => fleet));
  const hooks = (await Promise.all([...fleets].map((fleet) => session.hooksOf(fleet)))).flat();
  if (hooks.length === 0) return undefined;
  const foresight = new Foresight(loop.records, loop.wanted);
  const addresses = hooks.some((hook) => hook.on.includes("machine.address"))
    ? await addressesOf(loop.records, loop.wanted, world)
    : [];
  await session.announce([...(await session.occurrences(foresight.all())), ...addresses]);
  const about = async (call: Call, what: "there" | "updated" | "gone") => {
    const foreseen = foresight.event(call.id, what);
    if (!foreseen) return;
    await session.before(foreseen);
    await session.announce(await session.occurrences([foreseen]));
  };
  return {
    kinds: Object.fromEntries(Object.entries(loop.kinds).map(([name, kind]) => [name, around(kind, about)])),
    saw: (event) => {
      if (event.type !== "resource") return;
      if (event.status === "ready" || event.status === "unchanged") session.saw(event.id, "there");
      if (event.status === "deleted") session.saw(event.id, "gone");
    },
    finish: () => session.settleAddresses(),
  };
}

type About = (call: Call, what: "there" | "updated" | "gone") => Promise<void>;

/** A kind whose changes are spoken of before they are made. All else is the kind's own. */
function around(kind: AnyKind, about: About): AnyKind {
  const { update } = kind;
  const changed: Partial<AnyKind> = {
    create: async (call) => {
      await about(call, "there");
      return kind.create(call);
    },
    delete: async (call) => {
      await about(call, "gone");
      return kind.delete(call);
    },
    ...(update && {
      update: async (call: Parameters<NonNullable<AnyKind["update"]>>[0]): Promise<Data> => {
        await about(call, "updated");
        return update.call(kind, call);
      },
    }),
  };
  return new Proxy(kind, {
    get(target, name) {
      const value = Reflect.get(Object.hasOwn(changed, name) ? changed : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The addresses that machines have now, so that a change is known even if this run is cut short right after it. */
async function addressesOf(
  records: readonly ScopeRecord[],
  wanted: readonly Resource[],
  world: HookWorld,
): Promise<Occurrence[]> {
  const staying = records.filter(
    ({ scope, machine }) => machine && wanted.some(({ id }) => id.startsWith(`${scope}/`)),
  );
  const found = await Promise.all(
    staying.map(async ({ scope, fleet }): Promise<Occurrence[]> => {
      const before = await world.machine(scope);
      const event = "machine.address" as const;
      return before?.address === undefined ? [] : [{ key: `${event}:${scope}`, event, fleet, machine: scope, before }];
    }),
  );
  return found.flat();
}
