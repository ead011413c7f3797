import type { Machinist } from "@machinist/fleet";
import { Effects, type ReadManifest } from "./effects/effects.ts";
import { CostFeed } from "./feeds/cost-feed.ts";
import { DetailFeed } from "./feeds/detail-feed.ts";
import { EngineClients } from "./feeds/engine-clients.ts";
import { engineFeed } from "./feeds/engine-feed.ts";
import { followJournal, type JournalChange } from "./feeds/journal-feed.ts";
import { LogFeed } from "./feeds/log-feed.ts";
import { powerFeed } from "./feeds/power-feed.ts";
import { RecordFeed } from "./feeds/record-feed.ts";
import { Store } from "./feeds/store.ts";
import { UseFeed } from "./feeds/use-feed.ts";
import type { Key } from "./keys/decode.ts";
import { helpTable } from "./keys/help-table.ts";
import { onKey } from "./keys/on-key.ts";
import { Painter } from "./painter.ts";
import type { Device } from "./screen/device.ts";
import { listenToSignals, suspendGroup } from "./screen/process-signals.ts";
import { suspendDevice } from "./screen/suspend.ts";
import { TerminalScreen } from "./screen/terminal-screen.ts";
import { begin, type Size, type ThemeName } from "./state/state.ts";

export interface DashboardOptions {
  readonly machinist: Machinist;
  readonly device: Device;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Look, but change nothing. */
  readonly readOnly?: boolean;
  /** Default: `monochrome` where `$NO_COLOR` is set, else `default`. */
  readonly theme?: ThemeName;
  /** How command lines that are shown begin. Default: `machinist`. */
  readonly program?: string;
  /** Reads a manifest, the one of this folder where none is named. Without it no plans are made here. */
  readonly readManifest?: ReadManifest;
  /** Closes the dashboard. */
  readonly signal: AbortSignal;
}

/** How long operations under way may take to stop in order when the dashboard is left. */
const settleMs = 10_000;

/** Show all machines until the user leaves. The terminal is as it was when this resolves or throws. */
export async function openDashboard(options: DashboardOptions): Promise<void> {
  const { device } = options;
  const store = new Store(
    begin({
      size: sizeOf(device),
      now: Date.now(),
      readOnly: options.readOnly ?? false,
      theme: options.theme ?? (options.env.NO_COLOR ? "monochrome" : "default"),
      program: options.program ?? "machinist",
      help: helpTable(),
    }),
  );
  const closing = new AbortController();
  const painter = new Painter(store, (text) => device.stdout.write(text));
  const feeds = startFeeds(options.machinist, store, closing.signal);
  const onKeys = (keys: readonly Key[]) => {
    for (const key of keys)
      for (const input of onKey(store.state, key)) {
        if (input.type === "effect") effects.begin(input.effect);
        else store.dispatch(input);
      }
    painter.now();
  };
  const screen = new TerminalScreen(device, onKeys);
  let lent = false;
  const take = () => {
    screen.take();
    store.dispatch({ type: "resized", size: sizeOf(device) });
    painter.begin();
  };
  const give = () => {
    painter.hold();
    screen.give();
  };
  const effects = new Effects({
    machinist: options.machinist,
    clients: feeds.clients,
    store,
    signal: closing.signal,
    readManifest: options.readManifest,
    write: (text) => device.stdout.write(text),
    refresh: feeds.refresh,
    quit: () => closing.abort(),
    suspend: suspendGroup,
    async suspendTerminal(body) {
      give();
      lent = true;
      try {
        return await suspendDevice(device, options.env.TERM || "xterm", body);
      } finally {
        lent = false;
        if (!closing.signal.aborted) take();
      }
    },
  });
  const ignore = listenToSignals({ onStop: give, onGoOn: () => (lent ? undefined : take()), onExit: give });
  const stopResizing = device.stdout.onResize(() => {
    store.dispatch({ type: "resized", size: sizeOf(device) });
    painter.now();
  });
  const clock = setInterval(() => store.dispatch({ type: "clock", now: Date.now() }), 1000);
  try {
    take();
    feeds.start();
    await closed(options, closing);
  } finally {
    closing.abort();
    clearInterval(clock);
    stopResizing();
    feeds.stop();
    give();
    ignore();
    await Promise.race([effects.settled(), new Promise((resolve) => setTimeout(resolve, settleMs).unref())]);
  }
}

const sizeOf = ({ stdout }: Device): Size => ({
  columns: Math.max(20, stdout.columns || 80),
  rows: Math.max(8, stdout.rows || 24),
});

/** Resolves when the user leaves, when it is told to close, or when its terminal is gone. */
function closed({ device, signal }: DashboardOptions, closing: AbortController): Promise<void> {
  return new Promise((resolve) => {
    const end = () => resolve();
    for (const each of [closing.signal, signal, device.stdout.closed]) {
      each.addEventListener("abort", end, { once: true });
      if (each.aborted) end();
    }
    for (const event of ["end", "close", "error"]) device.stdin.once(event, end);
  });
}

/** Everything that brings facts to the store. */
function startFeeds(machinist: Machinist, store: Store, signal: AbortSignal) {
  const clients = new EngineClients(machinist);
  const records = new RecordFeed(machinist, store);
  const power = powerFeed(machinist, store);
  const engines = engineFeed(clients, store);
  const detail = new DetailFeed(machinist, store, clients);
  const log = new LogFeed(store, clients);
  const use = new UseFeed(machinist, store);
  const costs = new CostFeed(machinist, store);
  const onChange = ({ touched, ended }: JournalChange) => {
    records.refreshSoon(touched);
    power.refresh(ended);
  };
  return {
    clients,
    start() {
      records.start();
      use.start();
      void followJournal(machinist, store, signal, onChange);
    },
    refresh(machine?: string) {
      const names = machine === undefined ? undefined : [machine];
      if (machine === undefined) records.refresh();
      power.refresh(names);
      engines.refresh(names);
      detail.refresh();
    },
    stop() {
      for (const feed of [records, power, engines, detail, log, use, costs, { stop: () => clients.close() }])
        feed.stop();
    },
  };
}
