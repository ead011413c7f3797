import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import simulated from "@machinist/driver-simulated";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type AuditLine, type KeptEvent, openMachinist } from "../src/index.ts";
import { EventLog } from "../src/journal/event-log.ts";
import { maskedCommand, secretsIn, shownValue, withoutSecrets } from "../src/journal/masking.ts";
import { tailEvents } from "../src/journal/tail-events.ts";
import { checkLeases } from "../src/views/check-hooks.ts";
import { Workspace } from "../src/workspace.ts";
import { bundle } from "./bundle.ts";
import { fleet, machine, slowBoot, until, world } from "./world.ts";

const collect = async <T>(from: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
};
const brief = (line: AuditLine) =>
  line.type === "change"
    ? `${line.action} ${line.id} ${line.outcome}`
    : line.type === "finished"
      ? line.outcome
      : line.type;

describe("the audit log", () => {
  test("tells who did what to which machine, what changed from what to what, and how it ended", async () => {
    const { machinist, path } = await world();
    await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
    await machinist.up(fleet([machine("a-1", { size: "big" })])).result;
    await machinist.power("stop", ["a-1"]).result;
    const lines = await collect(machinist.audit());
    expect(lines.map(brief)).toEqual([
      "started",
      expect.stringMatching(/^created a-[12]\/instance done$/),
      expect.stringMatching(/^created a-[12]\/instance done$/),
      "ok",
      "started",
      expect.stringMatching(/^(updated a-1|deleted a-2)\/instance done$/),
      expect.stringMatching(/^(updated a-1|deleted a-2)\/instance done$/),
      "ok",
      "started",
      "power",
      "power",
      "ok",
    ]);
    expect(lines[0]).toMatchObject({ action: "up", fleet: "demo", machines: ["a-1", "a-2"], pid: process.pid });
    expect(lines[0]).toMatchObject({ user: expect.stringMatching(/./), host: expect.stringMatching(/./) });
    const update = lines.find((line) => line.type === "change" && line.action === "updated");
    expect(update).toMatchObject({ props: ["size"], changes: { size: { before: "small", after: "big" } } });
    expect((await stat(join(path, "audit.jsonl"))).mode & 0o777).toBe(0o600);
    const own = await collect(machinist.audit({ machine: "a-2" }));
    expect(own.map(brief)).toEqual(["started", "created a-2/instance done", "ok", "deleted a-2/instance done", "ok"]);
    expect(await collect(machinist.audit({ since: Date.now() + 1000 }))).toEqual([]);
  });

  test("has failures, cancellations and what could not be begun", async () => {
    const { machinist } = await world();
    await machinist.up(fleet([machine("a-1", { fail: true })])).result;
    await machinist.down("nothing").result.catch(() => {});
    const stop = new AbortController();
    const run = machinist.up(fleet([machine("b-1", slowBoot)], "two"), { signal: stop.signal });
    await until(run, "b-1/instance", "waiting");
    stop.abort();
    await run.result;
    const lines = await collect(machinist.audit());
    expect(lines.map(brief)).toEqual([
      "started",
      "created a-1/instance failed",
      "failed",
      "started",
      "failed",
      "started",
      "cancelled",
    ]);
    expect(lines[2]).toMatchObject({ failures: [{ id: "a-1/instance", code: "simulated.refused" }] });
    expect(lines[4]).toMatchObject({ failures: [{ code: "fleet.unknown" }] });
  });

  test("has begun and not ended where a run was killed, and goes on with the next", async () => {
    const { machinist, path } = await world();
    const spec = fleet([machine("a-1", slowBoot)]);
    const { script, remove } = await bundle("up");
    onTestFinished(remove);
    const child = spawn(process.execPath, [script, path, JSON.stringify(spec)], { stdio: "ignore" });
    const begun = async () => (await readFile(join(path, "audit.jsonl"), "utf8").catch(() => "")) !== "";
    await expect.poll(begun, { message: "the run is in the audit log" }).toBe(true);
    child.kill("SIGKILL");
    await once(child, "close");
    expect((await collect(machinist.audit())).map(brief)).toEqual(["started"]);
    await machinist.up(fleet([machine("a-1")])).result;
    expect((await collect(machinist.audit())).map(brief).slice(1)).toContain("ok");
  });

  test("of processes at work together has whole lines only, and one that is broken hides no other", async () => {
    const { machinist, again, path } = await world();
    await writeFile(join(path, "..", "nothing"), "");
    const others = await Promise.all([again(), again(), again()]);
    await Promise.all(others.map((other, index) => other.up(fleet([machine(`m-${index}`)], `fleet-${index}`)).result));
    await writeFile(join(path, "audit.jsonl"), '{"at": "20', { flag: "a" });
    expect(await collect(machinist.audit())).toHaveLength(9);
  });

  test("that cannot be written is a warning, and the work is done", async () => {
    const { machinist, path } = await world();
    await machinist.up(fleet([machine("a-1")])).result;
    const { mkdir, rm } = await import("node:fs/promises");
    await rm(join(path, "audit.jsonl"));
    await mkdir(join(path, "audit.jsonl"));
    const run = machinist.down("demo");
    const warned: string[] = [];
    for await (const event of run) if (event.type === "log" && event.level === "warn") warned.push(event.message);
    expect((await run.result).ok).toBe(true);
    expect(warned).toEqual([expect.stringContaining("cannot be written: EISDIR")]);
    await expect(collect(machinist.audit())).rejects.toMatchObject({ code: "audit.unreadable" });
  });

  test("and all else in the store is free of the secrets in options, variables, URLs and on the command line", async () => {
    const { path } = await world();
    const secret = "s3cr3t-0f-my-own";
    const credentials = { "access-token": { description: "A token", env: "SIMULATED_TOKEN" } };
    const machinist = await openMachinist({
      storagePath: path,
      drivers: [{ ...simulated, credentials }],
      env: { HOME: path, SIMULATED_TOKEN: secret, AWS_SECRET_ACCESS_KEY: `${secret}2`, MY_PASSWORD: `${secret}3` },
      command: [
        ...["create", "box", "--simulated-access-token", secret, `--simulated-access-token=${secret}`],
        ...["--engine-env", `HTTP_PROXY=http://me:${secret}4@proxy`, "--token", `${secret}5`],
      ],
    });
    const request = { name: "box", driver: "simulated", options: { "boot-ms": 10 }, engine: false } as const;
    expect((await machinist.create([request]).result).ok).toBe(true);
    await machinist.create([{ ...request, name: "bad", options: { size: secret, fail: true } }]).result;
    const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    const texts = await Promise.all(
      files.map(async (file) => [file.name, await readFile(join(file.parentPath, file.name), "utf8")] as const),
    );
    const journals = texts.filter(([name]) => /^(audit|events)/.test(name));
    expect(journals.map(([name]) => name).sort()).toEqual(["audit.jsonl", "events.jsonl"]);
    for (const [name, text] of journals) expect(text, name).not.toContain(secret);
    // A user who writes a secret into an option that is none has put it into the record; nothing else has.
    for (const [name, text] of texts.filter(([name]) => name !== "record.json"))
      expect(text, name).not.toContain(secret);
    const [started] = await collect(machinist.audit());
    expect(started).toMatchObject({ command: expect.arrayContaining(["create", "box", "(secret)"]) });
  });
});

test("secrets are known by the names of flags, variables and props", () => {
  const line = JSON.stringify({ message: 'it is pa"ss\\word-1, a token' });
  expect(withoutSecrets(line, secretsIn({ MY_TOKEN: 'pa"ss\\word-1' }))).toBe('{"message":"it is (secret), a token"}');
  // One may be a part of another.
  const parted = secretsIn({ ONE_TOKEN: "word-one", TWO_TOKEN: "my-word-one-too" });
  expect(withoutSecrets("my-word-one-too, word-one", parted)).toBe("(secret), (secret)");
  const words = [
    "create",
    "--amazonec2-secret-key",
    "abc",
    "--digitalocean-access-token=abc",
    "-d",
    "nspawn",
    "--size=2",
  ];
  expect(maskedCommand(words, [])).toEqual([
    ...["create", "--amazonec2-secret-key", "(secret)", "--digitalocean-access-token=(secret)"],
    ...["-d", "nspawn", "--size=2"],
  ]);
  // One dash is as good as two to docker-machine.
  expect(maskedCommand(["create", "-digitalocean-access-token", "dop_v1"], [])).toEqual([
    ...["create", "-digitalocean-access-token", "(secret)"],
  ]);
  // What other programs are told, and passwords that nobody encoded: by their place, whatever they are called.
  expect(
    maskedCommand(
      [
        ...[
          "create",
          "--engine-env",
          "DB=hunter2",
          "--engine-opt=log-opt=x",
          "--amazonec2-tags",
          "a,hunter2",
          "-e",
          "K=v",
        ],
        ...["--engine-registry-mirror", "https://me:p/w@rd@mirror.example", "--url=http://tok@x/y", "--label", "a=b"],
      ],
      [],
    ),
  ).toEqual([
    ...[
      "create",
      "--engine-env",
      "DB=(secret)",
      "--engine-opt=log-opt=(secret)",
      "--amazonec2-tags",
      "(secret)",
      "-e",
      "K=v",
    ],
    ...["--engine-registry-mirror", "https://(secret)@mirror.example", "--url=http://(secret)@x/y", "--label", "a=b"],
  ]);
  expect(withoutSecrets('{"image":"docker://ghcr.io/x@sha256:1","b":"c@d"}', [])).toContain("ghcr.io/x@sha256");
  expect(shownValue("env", { HTTP_PROXY: "http://a:b@c" })).toEqual(["HTTP_PROXY"]);
  expect(shownValue("options", { registry: "https://me:pw@r", password: "x" })).toEqual({
    registry: "https://(secret)@r",
    password: "(secret)",
  });
  expect(shownValue("userData", "x".repeat(1000))).toBe("(secret)");
  expect(shownValue("motd", "x".repeat(1000))).toContain("too long");
});

describe("kept events", () => {
  const event = (text: string): KeptEvent => ({
    at: 1,
    run: "r",
    type: "log",
    id: "a-1",
    level: "info",
    message: text,
  });

  test("are those of all runs, in order, and of one machine where it is named", async () => {
    const { machinist } = await world();
    await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
    await machinist.down("demo").result;
    const all = await collect(machinist.events());
    const runs = all.flatMap((each) => (each.type === "run" ? [`${each.action} ${each.status}`] : []));
    expect(runs).toEqual(["up started", "up finished", "down started", "down finished"]);
    expect(new Set(all.map(({ run }) => run)).size).toBe(2);
    const own = await collect(machinist.events({ machine: "a-2" }));
    expect(own.every((each) => each.type === "run" || ("id" in each && each.id === "a-2/instance"))).toBe(true);
    expect(own.length).toBeGreaterThan(4);
  });

  test("are followed while another process writes them, across files that are full", async () => {
    const { path } = await world();
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const each of tailEvents(path, { follow: true, signal: stop.signal }))
        if (each.type === "log") seen.push(each.message);
    })();
    const log = new EventLog({ path, env: {} }, "r", 20_000);
    const sent = Array.from({ length: 600 }, (_, index) => `${index} ${"x".repeat(100)}`);
    // A follower keeps up with files that fill slower than it looks: it is waited for, whatever else the computer does.
    const caughtUp = (count: number) => expect.poll(() => seen.length, { interval: 20 }).toBe(count);
    for (const [index, text] of sent.entries()) {
      log.add(event(text));
      if (index % 60 === 59) await caughtUp(index + 1);
    }
    await log.close();
    await caughtUp(sent.length);
    stop.abort();
    await following;
    expect(seen).toEqual(sent);
    const names = (await readdir(path)).filter((name) => name.startsWith("events"));
    expect(names.sort()).toEqual(["events.1.jsonl", "events.jsonl"].slice(0, names.length));
    for (const name of names) expect((await stat(join(path, name))).size).toBeLessThan(40_000);
  });

  test("cost a run next to nothing: 50 000 events", async () => {
    const { path } = await world();
    const log = new EventLog({ path, env: {} }, "r");
    // Processor time: the clock also counts what others do.
    const used = () => process.cpuUsage().user / 1000;
    const begun = used();
    for (let index = 0; index < 50_000; index++) log.add(event(`event ${index}`));
    const added = used() - begun;
    await log.close();
    process.stdout.write(`50 000 events: ${added.toFixed(0)} ms to add, ${(used() - begun).toFixed(0)} ms in all\n`);
    expect(added).toBeLessThan(2000);
  });
});

describe("leases", () => {
  test("begin with the machine, stay as they are, change with the manifest, and are given and taken by hand", async () => {
    const { machinist } = await world();
    const leaseEnd = async () => (await machinist.info("a-1")).leaseUntil;
    const leased = (leaseMs?: number) => fleet([{ ...machine("a-1"), ...(leaseMs === undefined ? {} : { leaseMs }) }]);
    const begun = await machinist.time();
    await machinist.up(leased(60_000)).result;
    const first = await leaseEnd();
    expect(first).toBeGreaterThanOrEqual(begun + 60_000);
    await machinist.up(leased(60_000)).result;
    expect(await leaseEnd()).toBe(first);
    await machinist.lease(["a-1"], undefined).result;
    expect(await leaseEnd()).toBeUndefined();
    await machinist.up(leased(60_000)).result;
    expect(await leaseEnd()).toBeUndefined();
    await machinist.up(leased(120_000)).result;
    expect(await leaseEnd()).toBeGreaterThanOrEqual(begun + 120_000);
    await machinist.up(leased()).result;
    expect(await leaseEnd()).toBeUndefined();
    await machinist.lease(["a-1"], 1000).result;
    await machinist.up(leased()).result;
    expect(await leaseEnd()).toBeLessThanOrEqual((await machinist.time()) + 1000);
  });

  test("end by the clock of the store's disk, whatever the computer's own says", async () => {
    const { machinist, path } = await world();
    const options = { "boot-ms": 1 };
    const request = { name: "box", driver: "simulated", options, engine: false, leaseMs: 3_600_000 } as const;
    await machinist.create([request]).result;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7 * 86_400_000 });
    try {
      expect(await checkLeases(new Workspace({ storagePath: path }))).toEqual([]);
      const { machines } = await machinist.reap(["box"]).result;
      expect(machines).toMatchObject([{ name: "box", result: "unchanged" }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("that have ended are reaped, with the reason in the audit log; one that was renewed meanwhile stays", async () => {
    const { machinist, path } = await world();
    const request = (name: string, leaseMs?: number) =>
      ({
        name,
        driver: "simulated",
        options: { "boot-ms": 1 },
        engine: false,
        ...(leaseMs ? { leaseMs } : {}),
      }) as const;
    await machinist.create([request("old", 1), request("new", 60_000), request("kept")]).result;
    const checks = await checkLeases(new Workspace({ storagePath: path }));
    expect(checks.map(({ name, status }) => [name, status])).toEqual([["machine old", "warning"]]);
    const outcome = await machinist.reap(["old", "new", "kept"]).result;
    expect(outcome.machines.map(({ name, result }) => [name, result])).toEqual([
      ["old", "removed"],
      ["new", "unchanged"],
      ["kept", "unchanged"],
    ]);
    expect(await machinist.names()).toEqual(["kept", "new"]);
    const reasons = (await collect(machinist.audit())).filter((line) => line.type === "reason");
    expect(reasons).toMatchObject([{ machine: "old", reason: expect.stringContaining("its lease ended at 20") }]);
  });
});
