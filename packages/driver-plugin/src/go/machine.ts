import { type Call, type Data, type ResourceType, scopeOf } from "@machinist/core";
import { type Begun, learned, readBegun, writeBegun } from "./begun.ts";
import { isRefusal, ofMachine, type Plugin } from "./plugin.ts";
import { remove } from "./remove.ts";
import type { Session } from "./session.ts";
import { doingIn, type PluginState, waysIn } from "./state.ts";
import { endStray, strayOf } from "./stray.ts";
import { until } from "./until.ts";

export interface PluginProps extends Data {
  options: Data;
  /** Always true: that it is not is seen as drift of a machine whose creation ended in the middle. */
  whole: true;
  /** What docker-machine's own flags asked for. */
  hostOptions?: Data;
}

/** How often the plugin is asked what it knows while it creates, in ms: the id of what it makes must not be lost. */
const WATCH_MS = 50;
const CREATE_MS = 60 * 60_000;

export type PluginCall = Call<PluginProps>;

/**
 * A machine that a plugin makes, as one piece. A plugin's own `Create` knows nothing of being repeated: its configuration is
 * saved before it and while it works, and where a run ended in the middle, the plugin is asked for the machine's state
 * before it is told to create again. What is half made is removed first.
 */
export const machineKind = (plugin: Plugin): ResourceType<PluginProps, PluginState> => ({
  requiresReplace: ["options"],
  createOnly: ["hostOptions"],
  deleteIsFinal: true,
  callTimeoutMs: CREATE_MS,
  async read(call) {
    const begun = await readBegun(plugin.folder(scopeOf(call.id)), call.owner);
    if (begun?.removal === "done") return undefined;
    if (call.state?.whole) return whole(plugin, call, call.state);
    return begun && half(plugin, call, begun);
  },
  create: (call) => create(plugin, call),
  async update(call) {
    await remove(plugin, call, call.state);
    return create(plugin, call);
  },
  delete: (call) => remove(plugin, call, call.state),
  drift: ({ whole }) => (whole ? [] : ["whole"]),
  previewUpdate: ({ state }) => (state.whole ? {} : { how: "what was half made is removed, and made again" }),
});

/** One that was finished: its plugin tells whether it is there, or cannot tell. */
async function whole(plugin: Plugin, call: PluginCall, state: PluginState): Promise<PluginState | undefined> {
  const config = await learned(plugin.folder(scopeOf(call.id)), state.config);
  return plugin.withMachine(config, ofMachine(call), async (session) => {
    const doing = await doingIn(session);
    if (doing === "missing") return undefined;
    const ways = doing === "running" ? await waysIn(session, state) : {};
    return { ...state, ...ways, config: await plugin.configOf(session), doing };
  });
}

/** One whose creation ended in the middle: until the plugin had noted something, it had most likely made nothing. */
const half = (plugin: Plugin, call: PluginCall, begun: Begun): Promise<PluginState | undefined> =>
  plugin.withMachine(begun.config, ofMachine(call), async (session) => {
    const doing = await doingIn(session).catch((thrown) => {
      if (!isRefusal(thrown)) throw thrown;
      return begun.changed ? "unknown" : "missing";
    });
    if (doing === "missing") return undefined;
    const ways = await waysIn(session);
    // Running, with an address: only the last answer of its creation was lost.
    const whole = begun.done || (doing === "running" && ways.host !== "");
    return { config: begun.config, doing, whole, ...ways };
  });

async function create(plugin: Plugin, call: PluginCall): Promise<PluginState> {
  const machine = scopeOf(call.id);
  const folder = plugin.folder(machine);
  const begun = await readBegun(folder, call.owner);
  await endStray(begun?.process);
  const found = begun && begun.removal !== "done" ? await half(plugin, call, begun) : undefined;
  if (found?.whole) return found;
  if (found) await remove(plugin, call, found);
  await plugin.prepare(machine);
  return plugin.withNew(machine, call.props, call, async (session) => {
    call.step("checks", "checking");
    await session.ask("PreCreateCheck");
    call.step("checks", "applied");
    const config = await plugin.configOf(session);
    const stray = await strayOf(session.pid);
    const save = (now: string, done = false) => {
      const process = done || !stray ? {} : { process: stray };
      return writeBegun(folder, { owner: call.owner, config: now, changed: now !== config, done, ...process });
    };
    await save(config);
    await call.markRequestSent?.();
    const note = async (isLast: boolean) => {
      const now = await (isLast ? plugin.lastConfigOf(session) : plugin.configOf(session));
      if (now !== config) await save(now);
    };
    call.step("create", "applying");
    await watched(session, note);
    await until(session, "running", "Create", call.signal);
    call.step("create", "applied");
    const made = await plugin.configOf(session);
    await save(made, true);
    return { config: made, doing: await doingIn(session), whole: true, ...(await waysIn(session)) };
  });
}

/** `Create`, with what the plugin learns meanwhile noted as it learns it, and once more when it has failed or was cancelled. */
async function watched(session: Session, note: (isLast: boolean) => Promise<void>): Promise<void> {
  let noting: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    noting = noting.then(() => note(false)).catch(() => {});
  }, WATCH_MS);
  try {
    await session.ask("Create");
  } finally {
    clearInterval(timer);
    await noting;
    await note(true).catch(() => {});
  }
}
