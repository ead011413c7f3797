import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { type Count, LabFleet } from "./lab-fleet.ts";

const reason = unavailable();

const VERSION = /^\d+\.\d+/;
/** What a TLS client is told by an engine that does not take its certificate. */
const REFUSED = /CERTIFICATE|ALERT|certificate/i;

describeUnless(reason, "certificates of three real hosts", () => {
  let fleet: LabFleet;
  const names = ["m1", "m2", "m3"];
  beforeAll(async () => {
    fleet = await LabFleet.start(3);
    const made = await fleet.machinist.up(fleet.spec).result;
    expect(made, JSON.stringify(made.failures)).toMatchObject({ ok: true });
    await Promise.all(names.map((name) => fleet.startCounter(name)));
  });
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  const rotate = async (signal?: AbortSignal): Promise<{ outcome: Outcome; events: Event[] }> => {
    const run = fleet.machinist.rotateAuthority(signal ? { signal } : {});
    const events: Event[] = [];
    for await (const event of run) events.push(event);
    return { outcome: await run.result, events };
  };

  test("another CA: no gap in the containers, old client certificates refused, new ones taken", async () => {
    // Somebody with access who is handed the file with both beforehand notices nothing.
    const [erin, next] = [join(fleet.folder, "erin"), join(fleet.folder, "next.pem")];
    await fleet.machinist.grantAccess({ name: "erin", output: erin }).result;
    expect((await fleet.machinist.prepareAuthority(next)).people).toEqual(["erin"]);
    expect(await fleet.dockerInfo("m1", erin, next)).toMatch(VERSION);
    const old = await fleet.copyOf(fleet.machineDir("m1"), "old");
    const before = await Promise.all(names.map((name) => fleet.counter(name)));
    const started = await Promise.all(names.map(fleet.starts));
    const watch = watchClients(fleet);
    const { outcome } = await rotate();
    const told = await watch.end();
    expect(outcome, JSON.stringify(outcome.failures)).toMatchObject({ ok: true, failures: [] });
    const after = await Promise.all(names.map((name) => fleet.counter(name)));
    const paces = after.map(({ pace }) => pace.toFixed(2));
    console.log(
      `CA changed in ${(outcome.ms / 1000).toFixed(1)} s; containers counted on at a pace of ${paces.join(", ")}; ${told.summary}`,
    );
    for (const [index, count] of after.entries()) {
      expect(count.startedAt).toBe(before[index]!.startedAt);
      expect(count.last).toBeGreaterThan(before[index]!.last);
      expectSteady(count);
    }
    expect(await Promise.all(names.map(fleet.starts))).toEqual(started.map((count) => count + 2));
    // Between the phases and within them, whoever uses the files of the store is never refused.
    expect(told.refused).toEqual([]);
    for (const name of names) {
      expect(await fleet.dockerInfo(name, old, join(fleet.machineDir(name), "ca.pem"))).toMatch(REFUSED);
      expect(await fleet.dockerInfo(name, fleet.machineDir(name))).toMatch(VERSION);
      expect(await fleet.dockerInfo(name, fleet.certs())).toMatch(VERSION);
      expect(await fleet.sh(name, "grep -c BEGIN /etc/docker/ca.pem; cat /etc/docker/daemon.json")).not.toContain(
        "live-restore",
      );
    }
    expect(await fleet.dockerInfo("m1", erin, next)).toMatch(VERSION);
    expect(await fleet.dockerInfo("m1", erin)).toMatch(REFUSED);
    expect(await fleet.machinist.revokeAccess("erin").result).toMatchObject({ ok: true });
    expect(await readdir(fleet.certs("access"))).toEqual([]);
    expect((await readdir(fleet.certs())).sort()).toEqual(["access", "ca-key.pem", "ca.pem", "cert.pem", "key.pem"]);
    const plan = await fleet.machinist.plan(fleet.spec);
    expect(plan.changes.filter(({ action }) => action !== "none")).toEqual([]);
  });

  test("interrupted in any phase and with a machine that is down: gone on with, by the same call", async () => {
    await fleet.host("m3").stop();
    const kept = await fleet.copyOf(fleet.machineDir("m3"), "kept");
    for (const phase of ["1 of 3", "2 of 3", "3 of 3"]) {
      const stop = new AbortController();
      const run = fleet.machinist.rotateAuthority({ signal: stop.signal });
      let begun = false;
      for await (const event of run) {
        if (event.type === "log" && event.message.startsWith(phase)) begun = true;
        // A machine is being worked on.
        if (begun && event.type === "resource" && event.status === "updating") stop.abort();
      }
      expect(await run.result).toMatchObject({ ok: false, cancelled: true });
      for (const name of ["m1", "m2"])
        expect(await answered(() => fleet.dockerInfo(name, fleet.machineDir(name)))).toMatch(VERSION);
    }
    const { outcome } = await rotate();
    expect(outcome.ok).toBe(false);
    expect(outcome.failures.map(({ id, code }) => [id, code])).toEqual([["m3", "machine.not-running"]]);
    for (const name of ["m1", "m2"]) {
      expect(await fleet.dockerInfo(name, kept, join(fleet.machineDir(name), "ca.pem"))).toMatch(REFUSED);
      expect(await fleet.dockerInfo(name, fleet.machineDir(name))).toMatch(VERSION);
    }
    const findings = await fleet.machinist.doctor();
    expect(findings.map(({ message }) => message)).toContain(
      "The change to another CA has not reached every machine: m3",
    );

    // Its own folder still holds what it knows.
    await fleet.host("m3").start();
    expect(await answered(() => fleet.dockerInfo("m3", fleet.machineDir("m3")))).toMatch(VERSION);
    const { outcome: rest } = await rotate();
    expect(rest, JSON.stringify(rest.failures)).toMatchObject({ ok: true });
    expect(await fleet.dockerInfo("m3", kept, join(fleet.machineDir("m3"), "ca.pem"))).toMatch(REFUSED);
    expect(await fleet.dockerInfo("m3", fleet.machineDir("m3"))).toMatch(VERSION);
    expect(await readdir(fleet.certs())).not.toContain("rotation");
    for (const name of ["m1", "m2"]) expectSteady(await fleet.counter(name));
  });

  test("a person's certificate works where it was given, and is refused once it is revoked; others' stay", async () => {
    const [alice, bob] = ["alice", "bob"].map((name) => join(fleet.folder, name)) as [string, string];
    const given = await fleet.machinist.grantAccess({ name: "alice", machines: ["m1"], output: alice }).result;
    expect(given, JSON.stringify(given.failures)).toMatchObject({ ok: true });
    await fleet.machinist.grantAccess({ name: "bob", days: 30, output: bob }).result;
    expect((await readdir(alice)).sort()).toEqual(["README.md", "ca.pem", "cert.pem", "contexts", "key.pem", "use"]);
    expect([(await stat(alice)).mode & 0o777, (await stat(join(alice, "key.pem"))).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect(await readFile(join(alice, "key.pem"), "utf8")).not.toBe(await readFile(fleet.certs("key.pem"), "utf8"));
    expect(await readdir(fleet.certs("access"))).toEqual(["alice.json", "bob.json"]);

    // As alice does it, on another computer, with docker's own client.
    const archive = await fleet.sh("m2", "mkdir -p /root/alice && echo /root/alice");
    for (const file of await readdir(alice)) {
      const text = (await readFile(join(alice, file))).toString("base64");
      await fleet.sh("m2", `echo ${text} | base64 -d > ${archive}/${file} && chmod 700 ${archive}/${file}`);
    }
    // Its exit code does not always tell.
    const asAlice = `eval "$(${archive}/use m1)" && docker info 2>&1 || true`;
    expect(await fleet.sh("m2", asAlice)).toMatch(/Server Version: \d/);
    expect(
      await fleet.sh("m2", `${archive}/contexts > /dev/null && docker --context m1 version -f '{{.Server.Version}}'`),
    ).toMatch(VERSION);
    expect(await fleet.dockerInfo("m2", alice)).toMatch(REFUSED);
    expect(await fleet.dockerInfo("m2", bob)).toMatch(VERSION);
    expect(await fleet.machinist.access()).toMatchObject([
      { name: "alice", machines: ["m1"], accepted: ["m1"], pending: [] },
      { name: "bob", accepted: names, pending: [] },
    ]);

    const revoked = await fleet.machinist.revokeAccess("alice").result;
    expect(revoked, JSON.stringify(revoked.failures)).toMatchObject({ ok: true });
    const said = await fleet.sh("m2", asAlice);
    console.log(`docker info of alice, revoked: ${said.split("\n").find((line) => /certificate|tls/i.test(line))}`);
    expect(said).toMatch(/certificate|tls/i);
    expect(said).not.toMatch(/Server Version/);
    expect(await fleet.dockerInfo("m1", alice)).toMatch(REFUSED);
    expect(await fleet.dockerInfo("m1", bob)).toMatch(VERSION);
    expect(await fleet.dockerInfo("m1", fleet.machineDir("m1"))).toMatch(VERSION);
    expect((await fleet.machinist.access()).map(({ name }) => name)).toEqual(["bob"]);
    expect(await readdir(fleet.certs("access"))).toEqual(["bob.json"]);
    expectSteady(await fleet.counter("m1"));
  });

  test("a machine with another address: plan and doctor say so, up gives it a certificate for it", async () => {
    const { address } = fleet.host("m2");
    const other = address.replace(/\d+$/, "251");
    await fleet.sh("m2", `ip address add ${other}/24 dev host0`);
    fleet.moved.set("m2", other);
    const { changes } = await fleet.machinist.plan(fleet.spec);
    expect(changes.find(({ id }) => id === "m2/engine")).toMatchObject({
      action: "update",
      props: expect.arrayContaining(["sans"]),
    });
    const findings = await fleet.machinist.doctor();
    expect(findings).toContainEqual({
      name: "machine m2",
      status: "warning",
      message: `Docker's certificate does not cover its address ${other}`,
      hint: "machinist provision m2",
    });
    const mended = await fleet.machinist.up(fleet.spec).result;
    expect(mended, JSON.stringify(mended.failures)).toMatchObject({ ok: true });
    expect((await fleet.machinist.info("m2")).url).toBe(`tcp://${other}:2376`);
    expect(await fleet.dockerInfo("m2", fleet.machineDir("m2"))).toMatch(VERSION);
    expectSteady(await fleet.counter("m2"));
  });

  test("a node of a Swarm gets new certificates by a plain restart, and that is said", async () => {
    await fleet.sh("m3", `docker swarm init --advertise-addr ${fleet.host("m3").address}`);
    await fleet.sh("m3", "docker service create -d --name task tiny /usr/bin/sleep 1000");
    const serial = () => fleet.sh("m3", "sha256sum /etc/docker/server.pem");
    const before = await serial();
    const run = fleet.machinist.regenerateCerts(["m3"]);
    const warnings: string[] = [];
    for await (const event of run) if (event.type === "log" && event.level === "warn") warnings.push(event.message);
    expect(await run.result).toMatchObject({ ok: true });
    expect(warnings).toEqual([expect.stringMatching(/^m3 is in a Swarm.*its tasks start again$/)]);
    expect(await serial()).not.toBe(before);
    expect(await fleet.dockerInfo("m3", fleet.machineDir("m3"))).toMatch(VERSION);
    expect(await fleet.sh("m3", "docker info -f '{{.Swarm.LocalNodeState}} {{.LiveRestoreEnabled}}'")).toBe(
      "active false",
    );
  });
});

/** The container ran on through it all: not a word is lost, and it was never held up for long. */
function expectSteady({ lost, pace }: Count): void {
  expect(lost).toBe(0);
  expect(pace).toBeGreaterThan(0.5);
}

/** Ask again while nobody listens: Docker may be starting. */
async function answered(ask: () => Promise<string>): Promise<string> {
  let answer = "";
  const again = async () => (answer = await ask());
  await expect.poll(again, { message: "Docker listens", interval: 100 }).not.toMatch(/^E(CONN|PIPE|HOST)/);
  return answer;
}

/** Somebody who uses the files of the store all the time, as docker's own client would. */
function watchClients(fleet: LabFleet) {
  const refused: string[] = [];
  let asked = 0;
  let restarting = 0;
  let ended = false;
  const watch = async (machine: string): Promise<void> => {
    while (!ended) {
      for (const folder of [fleet.machineDir(machine), fleet.certs()]) {
        const answer = await fleet.dockerInfo(machine, folder).catch((error: Error) => error.message);
        asked++;
        if (/^E(CONN|PIPE)|^closed: $/.test(answer)) restarting++;
        else if (!VERSION.test(answer)) refused.push(`${machine} ${folder}: ${answer}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const watching = Promise.all(["m1", "m2", "m3"].map(watch));
  return {
    end: async () => {
      ended = true;
      await watching;
      return { refused, summary: `${asked} requests meanwhile, ${restarting} while Docker restarted` };
    },
  };
}
