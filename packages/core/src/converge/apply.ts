import type { Data } from "../contract/data.ts";
import type { Resource } from "../contract/resource.ts";
import type { AnyResourceType } from "../contract/resource-type.ts";
import type { SavedResource } from "../contract/store.ts";
import { asMachinistError, MachinistError, ownerSpent } from "../error.ts";
import { prerequisites } from "../graph.ts";
import { same } from "../same.ts";
import { check } from "./check.ts";
import { changesOf, type Decision, decide } from "./decide.ts";
import { find } from "./observe.ts";
import type { Rolling } from "./rolling.ts";
import type { Session } from "./session.ts";

export type Change = "created" | "updated" | "replaced" | "none";

export interface Replacer {
  /** Whether the user agreed that resources may be replaced. */
  readonly allowed: boolean;
  /** Remove a resource with all that lives in it. */
  clear(id: string): Promise<void>;
  /** Remove all that lived in a resource which is gone, and forget both. */
  forget(id: string): Promise<void>;
}

/** Bring one wanted resource into being, or into line; its prerequisites are ready. */
export async function make(session: Session, wanted: Resource, replacer: Replacer, rolling: Rolling): Promise<Change> {
  const before = session.stateManager.saved(wanted.id);
  if (before?.status === "deleting") await replacer.clear(wanted.id);
  const found = before && before.status !== "deleting" ? await readState(session, before) : undefined;
  const saved = session.stateManager.saved(wanted.id);
  if (!saved || !found) {
    const again = saved !== undefined && saved.status !== "creating";
    if (again) {
      session.log(wanted.id, "It is no longer there; it is made again");
      rolling.vanished(wanted.id);
      await replacer.forget(wanted.id);
    }
    await create(session, wanted);
    return "created";
  }
  const decision = decide(saved, wanted, session.kind(wanted), found, session.again.get(wanted.id));
  if (decision.action === "replace") return replace(session, wanted, decision, replacer, rolling);
  if (decision.action === "update") {
    await update(session, wanted, saved, found, decision, rolling);
    return "updated";
  }
  if (!same(needs(saved), needs(wanted))) await session.stateManager.put(declared(saved, wanted, found));
  await settle(session, wanted, found, true);
  return "none";
}

/** One that was ready: it is waited for once more where it is not now. Throws `resource.vanished`, `resource.timeout`. */
export async function stayReady(session: Session, wanted: Resource): Promise<void> {
  const last = session.stateManager.saved(wanted.id)?.state;
  if (!last) return;
  const state = await refresh(session, wanted, last);
  if ((session.kind(wanted).ready?.(state, wanted.props) ?? true) !== true) await settle(session, wanted, state, false);
}

async function readState(session: Session, saved: SavedResource): Promise<Data | undefined> {
  session.status(saved, "reading");
  const state = await find(session, saved);
  if (state && (saved.status === "creating" || !same(saved.state, state)))
    await session.stateManager.put({ ...saved, status: saved.status === "creating" ? "created" : saved.status, state });
  return state;
}

async function replace(
  session: Session,
  wanted: Resource,
  decision: Decision,
  replacer: Replacer,
  rolling: Rolling,
): Promise<Change> {
  if (!replacer.allowed)
    throw new MachinistError("plan.replace", `${wanted.id} must be replaced to change ${decision.props.join(", ")}`, {
      hint: "Run the command with --replace to agree",
    });
  await rolling.interrupt(wanted);
  session.status(wanted, "replacing", decision.props.join(", "));
  await replacer.clear(wanted.id);
  await create(session, wanted);
  return "replaced";
}

async function update(
  session: Session,
  wanted: Resource,
  saved: SavedResource,
  found: Data,
  decision: Decision,
  rolling: Rolling,
): Promise<void> {
  const kind = session.kind(wanted);
  if (!kind.update) throw new MachinistError("internal", `${wanted.kind} has no update`);
  const change = kind.update.bind(kind);
  const changed = saved.status === "updating" ? unfinished(wanted, kind, decision) : decision.props;
  // Before the record says that it is under way: what cannot be done leaves all as it was.
  await check(session, kind, { wanted, saved, state: found, changed: decision.props });
  if (kind.interrupts?.(changed, found, wanted.props)) await rolling.interrupt(wanted);
  const entry = declared(saved, wanted, found);
  // Until it is done, it may still stand on what it stood on before.
  const after = [...new Set([...prerequisites(entry), ...prerequisites(saved)])].filter(
    (id) => !wanted.parents.includes(id),
  );
  await session.stateManager.put({ ...entry, status: "updating", ...(after.length > 0 ? { after } : {}) });
  session.status(wanted, "updating", decision.props.join(", "));
  const state = await session.askAgain(wanted, saved.generation, (call) => change({ ...call, state: found, changed }));
  await session.stateManager.put({ ...entry, status: "created", state });
  await settle(session, wanted, state, false);
}

/** Which props an update that was interrupted was about is not known any more: it may have been any. */
const unfinished = (wanted: Resource, kind: AnyResourceType, decision: Decision): string[] =>
  [...new Set([...decision.props, ...Object.keys(wanted.props)])]
    .filter((name) => decision.props.includes(name) || !kind.requiresReplace?.includes(name))
    .sort();

/** Ask for a resource that is not there, in the generation that its last request had or in a new one. */
async function create(session: Session, wanted: Resource): Promise<void> {
  const { stateManager } = session;
  const before = stateManager.saved(wanted.id);
  // A create that was interrupted keeps its mark, unless the request would be another one: some providers refuse a
  // token that comes back with different parameters.
  const kept =
    before?.status === "creating" &&
    before.kind === wanted.kind &&
    changesOf(session.kind(wanted), before.props, wanted.props).length === 0;
  const generation = kept ? before.generation : stateManager.record(wanted.id).lastGeneration + 1;
  session.status(wanted, "creating");
  const state = await request(session, wanted, generation).catch((thrown) => {
    // The object that the cut-short request made has ended since: its mark names nothing else, ever.
    if (!kept || asMachinistError(thrown).code !== ownerSpent) throw thrown;
    return request(session, wanted, stateManager.record(wanted.id).lastGeneration + 1);
  });
  const saved = stateManager.saved(wanted.id);
  if (!saved) throw new MachinistError("internal", `${wanted.id} has no record`);
  const ready = session.kind(wanted).ready?.(state, wanted.props) ?? true;
  await stateManager.put({ ...saved, status: "created", state, ...(ready === true ? {} : { unready: true }) });
  await settle(session, wanted, state, false);
}

/**
 * Laws 1 and 2: the intent is durable, with the owner tag of its generation, just before each request that may create
 * something; how long a new object can hide is counted from then, or from when the request failed. A request whose answer was lost may have taken
 * effect: it is looked for before it is sent again.
 */
function request(session: Session, wanted: Resource, generation: number): Promise<Data> {
  const { stateManager } = session;
  const kind = session.kind(wanted);
  let asked: SavedResource | undefined;
  return session.retrying(wanted, async () => {
    const state = asked && (await find(session, asked));
    if (state) return state;
    const announce = async () => {
      asked = { ...placed(wanted), generation, status: "creating", intentAt: await session.storeTime() };
      return stateManager.put(asked);
    };
    return session.ask(wanted, generation, async (call) => {
      await announce();
      return await kind.create({ ...call, markRequestSent: announce }).catch(async (thrown) => {
        // What it sent last may have taken effect at any time until now. A disk that is full is met by the next write.
        await announce().catch(() => {});
        throw thrown;
      });
    });
  });
}

/** Wait until its children may be created, and say how it ended. */
async function settle(session: Session, wanted: Resource, first: Data, unchanged: boolean): Promise<void> {
  const kind = session.kind(wanted);
  const start = session.clock.now();
  let state = first;
  let said: string | undefined;
  for (;;) {
    const ready = kind.ready?.(state, wanted.props) ?? true;
    if (ready === true) break;
    if (ready !== said) session.status(wanted, "waiting", ready);
    said = ready;
    const limit = kind.readyTimeoutMs ?? 300_000;
    if (session.clock.now() - start >= limit)
      throw new MachinistError(
        "resource.timeout",
        `${wanted.id} was not ready after ${limit / 1000} s, still waiting for ${ready}`,
        {
          hint: "Run the same command again to go on waiting",
        },
      );
    await session.clock.sleep(kind.pollIntervalMs ?? 1000, session.signal);
    state = await refresh(session, wanted, state);
  }
  await seenReady(session, wanted.id);
  session.status(wanted, unchanged && said === undefined ? "unchanged" : "ready");
}

/** From now on it is one that was ready, whatever becomes of it. */
async function seenReady({ stateManager }: Session, id: string): Promise<void> {
  const { unready, ...saved } = stateManager.saved(id) ?? {};
  if (unready) await stateManager.put(saved as SavedResource);
}

async function refresh(session: Session, wanted: Resource, last: Data): Promise<Data> {
  const saved = session.stateManager.saved(wanted.id);
  if (!saved) throw new MachinistError("internal", `${wanted.id} has no record`);
  const seen = await find(session, saved);
  if (!seen)
    throw new MachinistError("resource.vanished", `${wanted.id} disappeared while it was waited for`, {
      hint: "Run the same command again to make a new one",
    });
  if (!same(seen, last)) await session.stateManager.put({ ...saved, state: seen });
  return seen;
}

const needs = ({ parents, after = [], rolling = [] }: Resource) => ({
  parents: [...parents],
  after: [...after],
  rolling: rolling.map((group) => ({ ...group })),
});

/** The entry of one that is there, as it is wanted now. */
const declared = (
  { generation, intentAt, out, unready }: SavedResource,
  wanted: Resource,
  state: Data,
): SavedResource => ({
  ...placed(wanted),
  generation,
  status: "created",
  intentAt,
  state,
  ...(out ? { out } : {}),
  ...(unready ? { unready } : {}),
});

const placed = ({ id, kind, props, parents, after, rolling }: Resource): Resource => ({
  id,
  kind,
  props,
  parents,
  ...(after ? { after } : {}),
  ...(rolling ? { rolling } : {}),
});
