import type { AnyResourceType, Call, Data, EventBody, Resource, ResourceTypes, ScopeRecord } from "@machinist/core";
import { ExpectedEvents } from "./expected-events.ts";
import type { PendingEvent } from "./pending-event.ts";
import type { HookSession } from "./session.ts";
import type { HookWorld } from "./world.ts";

/** One run of the reconciler, with its hooks in it. */
export interface Watch {
  readonly resourceTypes: ResourceTypes;
  /** See what the reconciler tells. */
  saw(event: EventBody): void;
  /** To be called when the reconciler has ended. */
  finish(): Promise<void>;
}

/**
 * Put hooks around one run of the reconciler: what it may bring about is announced first, hooks `before` are asked right
 * before a kind is. Undefined where none of the fleets has hooks.
 */
export async function watch(
  session: HookSession,
  world: HookWorld,
  loop: {
    readonly records: readonly ScopeRecord[];
    readonly wanted: readonly Resource[];
    readonly resourceTypes: ResourceTypes;
  },
): Promise<Watch | undefined> {
  const fleets = new Set(loop.records.map(({ fleet }) => fleet));
  const hooks = (await Promise.all([...fleets].map((fleet) => session.hooksOf(fleet)))).flat();
  if (hooks.length === 0) return undefined;
  const foresight = new ExpectedEvents(loop.records, loop.wanted);
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
    resourceTypes: Object.fromEntries(
      Object.entries(loop.resourceTypes).map(([name, kind]) => [name, around(kind, about)]),
    ),
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
function around(kind: AnyResourceType, about: About): AnyResourceType {
  const { update } = kind;
  const changed: Partial<AnyResourceType> = {
    create: async (call) => {
      await about(call, "there");
      return kind.create(call);
    },
    delete: async (call) => {
      await about(call, "gone");
      return kind.delete(call);
    },
    ...(update && {
      update: async (call: Parameters<NonNullable<AnyResourceType["update"]>>[0]): Promise<Data> => {
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

/** The addresses that machines have now, so that a change is known even if this run is interrupted right after it. */
async function addressesOf(
  records: readonly ScopeRecord[],
  wanted: readonly Resource[],
  world: HookWorld,
): Promise<PendingEvent[]> {
  const staying = records.filter(
    ({ scope, machine }) => machine && wanted.some(({ id }) => id.startsWith(`${scope}/`)),
  );
  const found = await Promise.all(
    staying.map(async ({ scope, fleet }): Promise<PendingEvent[]> => {
      const before = await world.machine(scope);
      const event = "machine.address" as const;
      return before?.address === undefined ? [] : [{ key: `${event}:${scope}`, event, fleet, machine: scope, before }];
    }),
  );
  return found.flat();
}
