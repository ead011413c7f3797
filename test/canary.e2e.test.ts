import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { type LabHost, type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, Program } from "./bad-input/program.ts";
import { describeUnless } from "./skipped.ts";

/** A word that nobody writes by chance, and what it is given as. */
const marked = <Name extends string>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, `canary-${name}-${randomBytes(6).toString("hex")}`])) as Record<
    Name,
    string
  >;

/**
 * Looks again and again at what processes were started with, but for those that `mine` names: the arguments of all, which
 * everybody may read, and the environment of those of this computer. On the host root's have what it is to give to Docker.
 */
function watchProcesses(words: readonly string[], mine: () => readonly (number | undefined)[]) {
  const found = new Set<string>();
  const here = readlinkSync("/proc/self/ns/pid");
  let looks = 0;
  const look = () => {
    looks++;
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (Number(pid) === process.pid || mine().includes(Number(pid))) continue;
      for (const part of ["cmdline", "environ"]) {
        try {
          if (part === "environ" && readlinkSync(`/proc/${pid}/ns/pid`) !== here) continue;
          const text = readFileSync(`/proc/${pid}/${part}`, "latin1");
          for (const word of words)
            if (text.includes(word))
              found.add(`${part} of ${readFileSync(`/proc/${pid}/comm`, "latin1").trim()}: ${word}`);
        } catch {
          // It has ended meanwhile.
        }
      }
    }
  };
  const timer = setInterval(look, 15);
  return {
    stop: () => {
      clearInterval(timer);
      return { looks, found: [...found] };
    },
  };
}

describeUnless(unavailable(), "secrets that a real host is made with", () => {
  const program = new Program();
  const secret = marked("proxy", "database", "compose", "file", "trace", "passphrase", "token", "flag", "url");
  const words = Object.values(secret);
  const outputs: (Ended & { readonly args: readonly string[] })[] = [];
  const pids: (number | undefined)[] = [];
  const bodies: string[] = [];
  let collector: Server;
  let lab: LabHosts;
  let host: LabHost;
  let processes: ReturnType<ReturnType<typeof watchProcesses>["stop"]>;

  const env = () => ({
    DB_PASSWORD: secret.database,
    TOKEN: secret.compose,
    MACHINIST_PASSPHRASE: secret.passphrase,
    DIGITALOCEAN_ACCESS_TOKEN: secret.token,
    DIGITALOCEAN_API_URL: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${(collector.address() as { port: number }).port}/v1/traces`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret.trace}`,
  });
  async function run(...args: string[]): Promise<Ended> {
    const started = program.start(args, { env: env() });
    pids.push(started.child.pid);
    const ended = await started.ended;
    outputs.push({ args, ...ended });
    return ended;
  }
  async function must(...args: string[]): Promise<void> {
    const { exit, stdout, stderr } = await run(...args);
    expect(exit, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
  }

  beforeAll(async () => {
    collector = createServer((request, response) => {
      request.on("data", (chunk) => bodies.push(String(chunk))).on("end", () => response.end("{}"));
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    lab = await startHosts({ count: 1, image: "docker" });
    host = lab.hosts[0]!;
    program.file(".env", `PROXY_PASSWORD=${secret.proxy}\n`, 0o600);
    program.file("service.env", `API_KEY=${secret.file}\n`, 0o600);
    program.file(
      "compose.yaml",
      `services:
  web:
    image: no-such-image
    env_file: service.env
    secrets: [token]
secrets: { token: { environment: TOKEN } }
`,
    );
    const machines = `driver: generic
contexts: false
options:
  ip-address: ${host.address}
  ssh-key: ${host.identity}
  trust-on-first-use: true
engine:
  env:
    HTTPS_PROXY: "http://me:\${PROXY_PASSWORD}@127.0.0.1:9"
    DB_PASSWORD: "\${DB_PASSWORD}"
machines: { web: {} }
`;
    program.file("machines.yaml", `${machines}compose: [{ file: compose.yaml, on: [web-1], env: [TOKEN] }]\n`);
    const watch = watchProcesses(words, () => pids);
    await must("plan", "--out", "plan.json");
    // The image is not there: what is said of the failure is looked at as well.
    expect((await run("up", "--yes")).exit).toBe(1);
    expect((await run("up", "--yes", "--json")).exit).toBe(1);
    await must("ls");
    await must("inspect", "web-1");
    await must("env", "web-1");
    await run("doctor");
    await must("audit");
    await must("events");
    await run("create", "-d", "digitalocean", "--digitalocean-access-token", secret.flag, "far");
    await run("create", "-d", "none", "--url", `tcp://me:${secret.url}@127.0.0.1:1`, "engine");
    await run(
      "create",
      "-d",
      "generic",
      "--generic-ip-address",
      "127.0.0.1",
      "--generic-ssh-port",
      "1",
      "--engine-env",
      `P=${secret.flag}`,
      "gone",
    );
    program.file("machines.yaml", machines);
    await must("up", "--yes");
    await must("export", "web-1");
    processes = watch.stop();
  }, 300_000);
  afterAll(async () => {
    await lab?.dispose();
    collector?.close();
    program.remove();
  });

  /** Files of this computer that hold one of the words, with the word's name. */
  function holders(folder: string): string[] {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    return files.flatMap((each) => {
      const path = join(each.parentPath, each.name);
      const text = readFileSync(path, "latin1");
      return Object.entries(secret)
        .filter(([, word]) => text.includes(word))
        .map(([name]) => `${path.slice(folder.length + 1)}: ${name}`);
    });
  }

  test("are on this computer's disk only in the files that the user wrote, and in the records that hold engine.env", () => {
    expect(holders(program.folder).sort()).toEqual([
      "store/machines/gone/config.json: flag",
      "store/machines/gone/record.json: flag",
      "store/machines/web-1/config.json: database",
      "store/machines/web-1/config.json: proxy",
      "store/machines/web-1/record.json: database",
      "store/machines/web-1/record.json: proxy",
      "work/.env: proxy",
      "work/service.env: file",
    ]);
  });

  test("are in no output, no trace, and no other program's arguments or environment", () => {
    const telling = outputs.flatMap(({ args, stdout, stderr }) =>
      words.filter((word) => `${stdout}${stderr}`.includes(word)).map((word) => `${args.join(" ")}: ${word}`),
    );
    expect(telling).toEqual([]);
    expect(bodies.join("")).toContain("web");
    expect(words.filter((word) => bodies.join("").includes(word))).toEqual([]);
    expect(processes.looks).toBeGreaterThan(20);
    expect(processes.found).toEqual([]);
  });

  test("are on the host only where root alone reads", async () => {
    const search = `grep -rlsF canary- /etc /root /home /var /run /tmp /opt 2>/dev/null | grep -v '^/var/lib/docker/overlay2' | xargs -r stat -c '%n %a'; journalctl --no-pager -o cat | grep -c canary- || true; systemctl show docker | grep -c canary- || true`;
    const { stdout } = await host.exec("sh", "-c", search);
    const lines = stdout.trim().split("\n");
    expect(lines.slice(-2)).toEqual(["0", "0"]);
    for (const line of lines.slice(0, -2)) expect(line).toMatch(/ 600$/);
    expect(lines.slice(0, -2).map((line) => line.split(" ")[0])).toContain("/etc/docker/machinist.env");
  });
});
