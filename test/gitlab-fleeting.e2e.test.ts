import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import nspawn from "@machinist/driver-nspawn";
import { openMachinist } from "@machinist/fleet";
import { imageCache, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { compiled, goMinor, moduleMissing } from "./go/program.ts";
import { describeUnless } from "./skipped.ts";

const folder = fileURLToPath(new URL("../packages/gitlab-fleeting/", import.meta.url));
const source = join(folder, "test", "host");
/** The plugin is not published; this is what would be. */
const plugin = join(folder, "dist", "bin.js");
const reason = goMinor > 0 && goMinor < 24 ? "go-plugin needs Go 1.24" : (unavailable() ?? moduleMissing(source));

type Reply = Record<string, unknown> | string | number | boolean;

/** HashiCorp's go-plugin as GitLab Runner has it, with our plugin started by it. */
class Host {
  readonly child: ChildProcess;
  /** What the plugin logged, as go-plugin understood it. */
  log = "";
  readonly #answers: AsyncIterator<string>;

  constructor(program: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(program, [join(folder, "dist"), process.execPath, plugin], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH: process.env.PATH ?? "", ...env },
    });
    this.child.stderr?.on("data", (text) => {
      this.log += text;
    });
    this.child.stdin?.on("error", () => {});
    this.#answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next answer. Throws what the plugin's failure was, or that nobody answers. */
  async answer(): Promise<Reply> {
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error(`The host has ended: ${this.log.slice(-2000)}`);
    const { reply, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return reply;
  }

  ask(request: object): Promise<Reply> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  call(method: string, argument: object = {}): Promise<Reply> {
    return this.ask({ call: method, argument });
  }

  init(config: object): Promise<Reply> {
    return this.call("Init", { config: Buffer.from(JSON.stringify(config)).toString("base64") });
  }

  async states(): Promise<Record<string, string>> {
    const { instances } = (await this.call("Update")) as { instances: readonly { id: string; state: string }[] };
    return Object.fromEntries(instances.map(({ id, state }) => [id, state]));
  }

  /** Wait until there are so many, all of them running; their names. */
  async running(count: number): Promise<string[]> {
    const states = async () => ({ states: Object.values(await this.states()), errors: this.errors() });
    await expect.poll(states).toEqual({ states: Array(count).fill("running"), errors: [] });
    return Object.keys(await this.states());
  }

  /** What was wrong, as it came into the runner's log. */
  errors(): string[] {
    const lines = this.log.split("\n").slice(0, -1);
    return lines
      .map((line) => JSON.parse(line))
      .flatMap((line) => (line["@level"] === "error" ? [line["@message"]] : []));
  }

  async pid(): Promise<number> {
    return Number(await this.ask({ do: "pid" }));
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin?.end();
    await ended;
  }
}

/** How often the plugin is killed on a simulated provider. */
const kills = Number(process.env.MACHINIST_KILLS) || 5;

const lives = (pid: number) => existsSync(`/proc/${pid}/exe`);

describeUnless(reason, "the fleeting plugin, started by go-plugin itself", () => {
  const top = mkdtempSync(join(tmpdir(), "machinist-fleeting-"));
  const store = join(top, "store");
  const hosts: Host[] = [];
  let program: string;
  const open = async (): Promise<Host> => {
    const host = new Host(program, { HOME: top, TMPDIR: top, MACHINE_STORAGE_PATH: store });
    hosts.push(host);
    onTestFailed(() => console.log(host.log.slice(-8000)));
    expect(await host.answer()).toEqual({ version: 7 });
    return host;
  };
  const machinist = () => openMachinist({ storagePath: store, drivers: [nspawn], lockWaitMs: 60_000 });
  const config = { name: "ci", driver: "nspawn", options: { image: "docker" }, max_size: 4 };
  const bare = { ...config, name: "kill", engine: false };
  const nothingIsLeft = async (group: string) => {
    const roster = JSON.parse(readFileSync(join(store, "fleeting", `${group}.json`), "utf8"));
    expect(roster.instances).toEqual({});
    await using library = await machinist();
    expect(await library.names()).toEqual([]);
    const { orphans } = await library.orphans({ drivers: [{ driver: "nspawn" }] });
    expect(orphans.filter(({ ours }) => ours)).toEqual([]);
  };

  beforeAll(async () => {
    // Images that are there already are not built for this store.
    const images = join(imageCache(), "nspawn");
    for (const path of [images, join(store, "cache")]) mkdirSync(path, { recursive: true });
    symlinkSync(images, join(store, "cache", "nspawn"));
    program = await compiled(source);
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.end()));
    await using library = await machinist();
    await library.remove(await library.names(), { force: true }).result;
    rmSync(top, { recursive: true, force: true });
  });

  test("three machines from nothing to a job with Docker over SSH, and back to nothing", async () => {
    const host = await open();
    expect(await host.ask({ do: "ping" })).toEqual({});
    const wrong = host.init({ ...config, options: { imgae: "docker" } });
    await expect(wrong).rejects.toThrow('Driver nspawn has no option "imgae"; did you mean "image"?');
    expect(host.errors()).toEqual([expect.stringMatching(/^Init: Driver nspawn has no option "imgae"/)]);
    host.log = "";
    expect(await host.init(config)).toMatchObject({ id: "machinist/nspawn/ci", capabilities: ["suspend_resume"] });
    expect(await host.call("Increase", { delta: 3 })).toEqual({ succeeded: "3", error: "" });
    expect(Object.values(await host.states())).toEqual(["creating", "creating", "creating"]);
    const names = await host.running(3);
    const [first, second] = names as [string, string];
    expect(await host.ask({ ssh: first, command: "hostname; docker ps -q; docker info -f ok" })).toBe(`${first}\nok\n`);
    await host.call("Heartbeat", { instance: second });
    expect(await host.call("Suspend", { instances: [second] })).toEqual({ succeeded: [second], error: "" });
    expect(await host.states()).toMatchObject({ [second]: "suspended" });
    expect(await host.call("Resume", { instances: [second] })).toEqual({ succeeded: [second], error: "" });
    expect(await host.ask({ ssh: second, command: "hostname" })).toBe(`${second}\n`);
    expect(await host.call("Decrease", { instances: names })).toEqual({ succeeded: names, error: "" });
    await expect.poll(() => host.states()).toEqual({});
    await nothingIsLeft("ci");
    const pid = await host.pid();
    await host.call("Shutdown");
    expect(await host.ask({ do: "kill" })).toBe(true);
    expect(lives(pid)).toBe(false);
    expect(host.log).not.toMatch(/panic|failed to exit gracefully/);
    await host.end();
  });

  test("killed while machines are being made, it goes on with them: none twice, none left", async () => {
    const first = await open();
    await first.init(bare);
    const pid = await first.pid();
    const asked = first.call("Increase", { delta: 3 }).catch(() => {});
    await delay(200 + Math.random() * 1200);
    process.kill(pid, "SIGKILL");
    await asked;
    await first.end();
    const begun = existsSync(join(store, "machines")) ? readdirSync(join(store, "machines")) : [];

    const second = await open();
    await second.init(bare);
    const names = await second.running(begun.filter((name) => !name.startsWith(".")).length);
    const pidOfSecond = await second.pid();
    expect(await second.call("Decrease", { instances: names })).toEqual({ succeeded: names, error: "" });
    // Its host is killed, which tells it nothing: it ends by itself, and what it was at is the next one's.
    second.child.kill("SIGKILL");
    await expect.poll(() => lives(pidOfSecond)).toBe(false);

    const third = await open();
    await third.init(bare);
    await expect.poll(() => third.states()).toEqual({});
    await nothingIsLeft("kill");
    await third.end();
  });

  test(`killed at ${kills} moments on end, it has in the end what was asked for, and nothing is left`, async () => {
    const simulated = { ...bare, name: "sim", driver: "simulated", options: { "boot-ms": 300 }, max_size: 1000 };
    const atProvider = () => readdirSync(join(store, "cache", "simulated"));
    const counts: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const host = await open();
      await host.init(simulated);
      const pid = await host.pid();
      const names = Object.keys(await host.states());
      const asked = [
        host.call("Decrease", { instances: names.slice(0, kill % 3) }),
        host.call("Increase", { delta: 1 + (kill % 3) }),
      ].map((each) => each.catch(() => {}));
      const ms = Math.round(Math.random() * 700);
      await delay(ms);
      process.kill(pid, "SIGKILL");
      await Promise.all(asked);
      await host.end();
      counts.push(ms);
    }
    const last = await open();
    await last.init(simulated);
    await expect.poll(async () => new Set(Object.values(await last.states()))).toEqual(new Set(["running"]));
    const names = Object.keys(await last.states());
    console.log(`killed after ${counts.join(", ")} ms; ${names.length} machines in the end`);
    expect(atProvider()).toHaveLength(names.length);
    expect(readdirSync(join(store, "machines")).sort()).toEqual([...names].sort());
    expect(await last.call("Decrease", { instances: names })).toMatchObject({ error: "" });
    await expect.poll(() => last.states()).toEqual({});
    expect(atProvider()).toEqual([]);
    await last.end();
  });
});
