import { type Call, scopeOf } from "@machinist/core";
import { readBegun, writeBegun } from "./begun.ts";
import { isRefusal, ofMachine, type Plugin } from "./plugin.ts";
import { saysGone, saysUnreachable } from "./refusal-words.ts";
import type { Session } from "./session.ts";
import { doingIn, type PluginState } from "./state.ts";
import { endStray } from "./stray.ts";

/**
 * Have the plugin remove a machine, and believe it when it says that it has: many plugins fail, or go on answering, when they are
 * asked about a machine that is gone. That it was told to, and that it did, is noted durably, so that a run that was killed in
 * between is gone on with and nothing is removed twice.
 */
export async function remove(plugin: Plugin, call: Call, state: PluginState): Promise<void> {
  const folder = plugin.folder(scopeOf(call.id));
  const before = await readBegun(folder, call.owner);
  if (before?.removal === "done") return;
  await endStray(before?.process);
  // Of one that is half made the note is newer than the record.
  const config = (state.whole ? undefined : before?.config) ?? state.config;
  const note = { owner: call.owner, config, changed: before?.changed ?? true, done: state.whole };
  await writeBegun(folder, { ...note, removal: "begun" });
  await plugin.withMachine(config, ofMachine(call), async (session) => {
    try {
      await session.ask("Remove");
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      const toldBefore = before?.removal === "begun" && saysGone(thrown);
      if (!toldBefore && !(await isGone(session, state, thrown))) throw thrown;
    }
    // What it knows of a machine that is gone is of no use any more.
    await writeBegun(folder, { ...note, config: "{}", removal: "done" });
    await warnOf(session, call);
  });
}

/** Whether a machine that the plugin refuses to remove is gone already. Of what was half made there may be nothing to remove. */
async function isGone(session: Session, state: PluginState, refused: unknown): Promise<boolean> {
  try {
    return (await doingIn(session)) === "missing";
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    if (state.whole) return saysGone(refused) && saysGone(thrown);
    return ![refused, thrown].some(saysUnreachable);
  }
}

/** A later look may warn, and holds nothing up. */
async function warnOf(session: Session, { log }: Call): Promise<void> {
  const doing = await doingIn(session).catch(() => "missing" as const);
  if (doing === "running" || doing === "stopped" || doing === "paused" || doing === "saved")
    log(`The plugin has removed the machine and still says that it is ${doing}: look at its provider`, "warn");
}
