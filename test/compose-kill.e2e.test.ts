import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileOfDebianPackage } from "../scripts/setup/apt.mjs";
import { Program } from "./bad-input/program.ts";
import { describeUnless } from "./skipped.ts";

/** A campaign: `MACHINIST_KILLS=24`. */
const kills = Number(process.env.MACHINIST_KILLS) || 3;
/** Enough that carrying them takes a while. */
const FILES = 120;

describeUnless(unavailable(), "a changed project whose up is killed", () => {
  const program = new Program();
  let lab: LabHosts;
  const sh = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await lab.hosts[0]!.exec("sh", "-c", command);
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.trim();
  };
  const inside = (command: string) => sh(`docker exec shop-app-1 sh -c '${command}'`);

  /** All of the project is another: its containers are recreated for a variable, and for a secret. */
  const put = (round: string): void => {
    program.file("shop/page", `page of ${round}`);
    program.file("shop/token", `token of ${round}`);
    // What the container writes into changes here as well.
    program.file("shop/state", `state of ${round}\n`);
    for (let at = 0; at < FILES; at++) program.file(`shop/www/f${at}`, `${round} ${at}\n`.repeat(400));
    program.file(
      "shop/compose.yaml",
      `services:
  app:
    image: box
    environment: { ROUND: "${round}" }
    command: ["sh", "-c", "echo $$ROUND >> /state; echo $$ROUND >> /data/written; sleep 1000000"]
    volumes: ["./state:/state", "./data:/data", "./page:/page:ro", "./www:/www:ro"]
    secrets: [token]
    stop_grace_period: 0s
  other: { image: box, command: ["sleep", "1000000"], stop_grace_period: 0s, secrets: [token] }
secrets: { token: { file: ./token } }
`,
    );
  };

  beforeAll(async () => {
    lab = await startHosts({ count: 1, image: "docker" });
    const host = lab.hosts[0]!;
    mkdirSync(join(program.cwd, "shop/www"), { recursive: true });
    mkdirSync(join(program.cwd, "shop/data"));
    program.file("shop/data/readme", "what the container writes stands beside this");
    const machines = `driver: generic
contexts: false
options: { ip-address: ${host.address}, ssh-key: ${host.identity}, trust-on-first-use: true }
machines: { web: {} }
`;
    program.file("machines.yaml", machines);
    await program.must(["up", "--yes"]);
    await makeBox();
    const project = "compose: [{ name: shop, file: shop/compose.yaml, on: all, steady: 1 }]\n";
    program.file("machines.yaml", machines + project);
    put("first");
    await program.must(["up", "--yes"]);
  }, 600_000);
  afterAll(async () => {
    await lab?.dispose();
    program.remove();
  });

  test("comes to the same end once it is typed again, and keeps what the container wrote", async () => {
    put("second");
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await work();
      return performance.now() - began;
    };
    let wholeMs = await took(() => program.must(["up", "--yes"]));
    let killed = 0;
    const rounds = ["first", "second"];
    // One that is over before its moment tells that the computer has less to do than it had: the moments move.
    for (let tries = 0; killed < kills && tries < 2 * kills; tries++) {
      const round = `round ${tries}`;
      put(round);
      rounds.push(round);
      // The first fifth of it is a program that starts and reads.
      const moment = Math.round(wholeMs * (0.2 + (0.75 * (killed + 0.5)) / kills));
      const { child, ended } = program.start(["up", "--yes"]);
      const lastedMs = await took(() => Promise.race([sleep(moment), ended]));
      child.kill("SIGKILL");
      if ((await ended).exit === null) killed++;
      else wholeMs = Math.min(wholeMs, lastedMs);
      const where = `killed after ${moment} of ${Math.round(wholeMs)} ms`;
      const again = await program.run(["up", "--yes"]);
      expect(again.exit, `${where}: ${again.stdout}${again.stderr}`).toBe(0);
      await expectWhole(round, where);
      const plan = await program.run(["plan", "--detailed-exitcode"]);
      expect(plan.exit, `${where}: ${plan.stdout}${plan.stderr}`).toBe(0);
      await expectWritten(rounds, where);
    }
    console.log(`${killed} of ${kills} runs were killed, and nothing that a container wrote was lost`);
    expect(killed).toBe(kills);
  }, 3_600_000);

  /** The image of both services: Debian's static busybox. */
  async function makeBox(): Promise<void> {
    await sh("mkdir -p /root/box/bin");
    const busybox = await fileOfDebianPackage("busybox-static", "bin/busybox");
    await program.must(["scp", busybox, "web-1:/root/box/bin/busybox"]);
    await sh("cd /root/box && chmod 755 bin/busybox && chroot . /bin/busybox --install -s /bin");
    await sh("tar -C /root/box -c . | docker import - box:latest");
  }

  /** As an up that nobody killed leaves it. */
  async function expectWhole(round: string, where: string): Promise<void> {
    expect(await inside("cat /page; echo; cat /run/secrets/token; echo; echo $ROUND"), where).toBe(
      `page of ${round}\ntoken of ${round}\n${round}`,
    );
    expect(await sh("docker exec shop-other-1 cat /run/secrets/token"), where).toBe(`token of ${round}`);
    const sums = `${round} N\n`;
    expect(await inside('cat /www/f* | sed "s/ [0-9]*$/ N/" | sort -u; ls /www | wc -l'), where).toBe(
      `${sums}${FILES}`,
    );
    expect(await sh("docker ps -a --format '{{.Names}} {{.State}}' | sort"), where).toBe(
      "shop-app-1 running\nshop-other-1 running",
    );
    const left =
      "cd /var/lib/machinist/compose/shop && ls; find . -name '*.new' -o -name '.machinist*' -o -name '*.tmp'";
    expect(await sh(left), where).toBe("carried\nmarker\nproject");
  }

  /** A container adds a line each time that it starts: none of those that were made may have gone. */
  async function expectWritten(rounds: readonly string[], where: string): Promise<void> {
    const state = (await inside("cat /state")).split("\n");
    expect(state[0], `${where}: what was carried first, and written to since`).toBe("state of first");
    const written = (await inside("cat /data/written")).split("\n");
    expect(state.slice(1), where).toEqual(written);
    for (const round of rounds) expect(written, where).toContain(round);
    expect(await inside("ls /data"), where).toBe("readme\nwritten");
  }
});
