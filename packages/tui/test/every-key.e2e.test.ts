import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { bindings } from "../src/keys/bindings.ts";
import { type FakeEngine, startFakeEngine } from "./fake-engine.ts";
import { type SimulatedStore, simulatedStore } from "./simulated-store.ts";
import { hasTmux, program, Tmux } from "./tmux.ts";

const lack = hasTmux ? undefined : "there is no tmux here";

/** Keys that lead from the list of machines, the cursor on node-1, to where a binding works. */
const ways: { readonly [where: string]: readonly string[] } = {
  anywhere: [],
  lists: [],
  machines: [],
  "on machines": [],
  machine: ["enter"],
  containers: [":go engine-1", "enter", "4"],
  form: ["n"],
  plan: [":plan MANIFEST"],
  log: [":go engine-1", "enter", "4", "see web +running", "l"],
};

/** What is seen there, before the key. */
const there: { readonly [where: string]: RegExp } = {
  containers: /web +running/,
  form: /new machines/,
  plan: /plan of planned/,
  log: /GET \/ \d+/,
  machine: /instance/,
};

/** What is seen after the key; every binding has its line here. */
const seen: { readonly [what: string]: RegExp | "left" | "suspended" } = {
  "this help": /Keys and commands/,
  "type a command (tab completes it)": /^ :$/m,
  "back; else no marks; else no filter": /all machines/,
  "refresh all machines now": /Refreshing all machines/,
  "back, or quit": "left",
  quit: "left",
  "suspend; `fg` comes back": "suspended",
  down: /node-2/,
  up: /- demo/,
  "a page down": /engine-1/,
  "a page up": /- demo/,
  "to the start": /- demo/,
  "to the end": /silent-1/,
  "open a machine; fold a fleet": /1 resources/,
  "filter: words that must match, !word must not": /^ \/$/m,
  "mark a machine, or a whole fleet": /1 marked/,
  "mark all that are shown": /5 marked/,
  "fold or unfold the fleet": /\+ demo/,
  "a shell on the machine": /simulated\) has no SSH|machine\.no-ssh|has no SSH/,
  start: /Started node-1/,
  "stop (asks first)": /Stop node-1\?/,
  "restart (asks first)": /Restart node-1\?/,
  "kill: stop at once (asks first)": /Kill node-1\?/,
  "remove (asks first)": /Remove node-1\?/,
  "copy the line that points docker at the machine": /Copied: eval "\$\(machinist env node-1\)"/,
  "copy the line that logs in": /Copied: machinist ssh node-1/,
  resources: /RESOURCE +STATUS/,
  events: /TIME +WHAT/,
  engine: /SETTING +VALUE/,
  containers: /There is no Docker on node-1/,
  images: /There is no Docker on node-1/,
  volumes: /There is no Docker on node-1/,
  nodes: /There is no Docker on node-1/,
  services: /There is no Docker on node-1/,
  tasks: /There is no Docker on node-1/,
  "the next part": /TIME +WHAT/,
  "the part before": /There is no Docker on node-1/,
  "the container's log, followed": /log of web +following/,
  "a shell in the container": /has no SSH/,
  "start the container": /Started container web/,
  "stop the container (asks first)": /Stop container web on engine-1\?/,
  "restart the container (asks first)": /Restart container web on engine-1\?/,
  "remove the container (asks first)": /Remove container web on engine-1\?/,
  "new machines: a form with the driver's options": /FIELD +VALUE/,
  "fill in the field, or take its next value": /^ name:$/m,
  "take the field's next value": /^ name:$/m,
  "back to the field's default": /new machines/,
  "create what is filled in (asks first)": /name: Needed/,
  "apply the plan (asks first)": /Bring planned up\?/,
  "re-plan": /plan of planned/,
  "follow, or stay": /held; f follows/,
};

const expected = (what: string) => seen[what] ?? (what.startsWith("sort by ") ? /[↑↓]/ : undefined);

describeUnless(lack, "every key of the help, in a real terminal", () => {
  let engine: FakeEngine;
  let silent: FakeEngine;
  let store: SimulatedStore;
  let terminal: Tmux;

  beforeAll(async () => {
    engine = await startFakeEngine();
    silent = await startFakeEngine({ silent: true });
    store = await simulatedStore({
      simulated: 3,
      engines: [
        { name: "engine", url: engine.url, count: 1 },
        { name: "silent", url: silent.url, count: 1 },
      ],
    });
    const planned = { planned: { count: 2, options: { "boot-ms": 2000 } } };
    const declared = { name: "planned", driver: "simulated", engine: false, contexts: false, machines: planned };
    writeFileSync(manifest(), JSON.stringify(declared));
    const env = { MACHINE_STORAGE_PATH: store.folder, PATH: process.env.PATH ?? "", NO_COLOR: "1", LC_ALL: "C.UTF-8" };
    terminal = new Tmux(110, 20, env);
  });
  afterAll(() => {
    terminal?.close();
    engine?.close();
    silent?.close();
    store?.remove();
  });

  const manifest = () => join(store.folder, "planned.json");

  const sees = (text: RegExp) => expect.poll(() => terminal.screen()).toMatch(text);

  /** The dashboard, its cursor on node-1. */
  async function home(): Promise<void> {
    if (terminal.ask("#{alternate_on}") === "0") {
      terminal.press("ctrl-u");
      terminal.type(`clear; "${process.execPath}" "${program}"\n`);
    } else {
      // Out of questions, lines and screens, whichever there are.
      terminal.press("esc");
      for (const word of [":filter", ":go node-1"]) terminal.type(`${word}\r`);
      terminal.press("esc", "esc", "esc");
      terminal.type(":go node-1\r");
    }
    await sees(/all machines/);
    await sees(/node-1 +running/);
    await sees(/engine-1 +running .*1\/2/);
    terminal.type(":go node-1\r");
  }

  test.each(bindings.flatMap(({ keys, what, where }) => keys.map((key) => ({ key, what, where }))))(
    "$where: $key $what",
    async ({ key, what, where }) => {
      const outcome = expected(what);
      expect(outcome, `${what} is tried by no test`).toBeDefined();
      await home();
      for (const step of ways[where]!) {
        if (step.startsWith("see ")) await sees(new RegExp(step.slice("see ".length)));
        else if (step.startsWith(":")) terminal.type(`${step.replace("MANIFEST", manifest())}\r`);
        else terminal.press(step);
      }
      if (there[where]) await sees(there[where]);
      if (what === "back; else no marks; else no filter") terminal.press("?");
      if (outcome === "left") {
        terminal.press(key);
        await expect.poll(() => terminal.ask("#{alternate_on}")).toBe("0");
        await sees(/^\$/m);
      } else if (outcome === "suspended") {
        terminal.press(key);
        await sees(/Stopped/);
        expect(terminal.ask("#{alternate_on}")).toBe("0");
        terminal.type("fg\n");
        await expect.poll(() => terminal.ask("#{alternate_on}")).toBe("1");
        await sees(/all machines/);
      } else {
        terminal.press(key);
        await sees(outcome!);
      }
    },
  );

  test("a question is answered, and done", async () => {
    await home();
    terminal.type(":go node-3\r");
    terminal.press("x");
    await sees(/Stop node-3\?/);
    terminal.press("y");
    await sees(/node-3 +stopped/);
    terminal.press("ctrl-d");
    await sees(/Remove node-3\?[\s\S]*cannot be undone/);
    terminal.press("y");
    await expect.poll(() => terminal.screen()).not.toMatch(/node-3 +stopped/);
    terminal.type(":go engine-1\r");
    terminal.press("enter", "4");
    await sees(/web +running/);
    terminal.press("x");
    await sees(/Stop container web/);
    terminal.press("y");
    await sees(/Stopped container web on engine-1/);
    expect(engine.acts).toContain("POST /containers/web/stop");
  });

  test("a manifest is planned, done, and watched", async () => {
    await home();
    terminal.type(`:plan ${manifest()}\r`);
    await sees(/plan of planned .* 2 changes/);
    await sees(/planned-1 +1 change\n +instance +create/);
    terminal.press("u");
    await sees(
      /Bring planned up\?[\s\S]*Create 2: planned-1\/instance, planned-2\/instance[\s\S]*An hour costs 0\.020 XTS/,
    );
    terminal.press("y");
    await sees(/instance +create +waiting +simulated\.machine +it to boot/);
    await sees(/planned-2 +1 of 1 done\n +instance +create +ready/);
    await sees(/Brought up planned in/);
    terminal.press("p");
    await sees(/plan of planned .* no changes/);
    terminal.press("u");
    await sees(/Nothing is to be done/);
  });

  test("a machine is made by the form", async () => {
    await home();
    terminal.press("n");
    await sees(/new machines/);
    terminal.press("enter");
    terminal.type("made\r");
    terminal.press("j", "j");
    const driverLine = () => /driver +\S+/.exec(terminal.screen())?.[0];
    for (let driver = 0; driver < 12 && !/driver +simulated/.test(terminal.screen()); driver++) {
      const line = driverLine();
      terminal.press("space");
      await expect.poll(driverLine).not.toBe(line);
    }
    await sees(/driver +simulated/);
    terminal.press("j", "space");
    await sees(/docker +false/);
    terminal.press("ctrl-s");
    await sees(/Create made\?[\s\S]*Driver simulated[\s\S]*Without Docker/);
    terminal.press("y");
    await sees(/Created made in/);
    await sees(/made +running/);
  });

  test("a machine that does not answer is told, and holds up nothing", async () => {
    await home();
    await expect.poll(() => terminal.screen()).toMatch(/silent-1 +unreachable/);
    expect(silent.most()).toBeLessThanOrEqual(1);
  });
});
