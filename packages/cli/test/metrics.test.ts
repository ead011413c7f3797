import { createServer } from "node:http";
import type { MachineView } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { exposition } from "../src/metrics/exposition.ts";
import { serveText } from "../src/metrics/serve.ts";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

const view = (name: string, more: Partial<MachineView> = {}): MachineView =>
  ({
    name,
    state: "running",
    active: false,
    responseMs: 250,
    dockerVersion: "28.2.2",
    info: {
      name,
      fleet: "demo",
      driver: "nspawn",
      engine: {},
      createdAt: 1_000_000,
      incomplete: false,
      url: "tcp://a:1",
    },
    ...more,
  }) as unknown as MachineView;

describe("the metrics", () => {
  test("tell each machine's state, Docker and lease, in Prometheus' format", () => {
    const leased = view("b", { state: "stopped" });
    const views = [view("a"), { ...leased, info: { ...leased.info!, leaseUntil: 70_000, incomplete: true } }];
    delete (views[1] as { dockerVersion?: string }).dockerVersion;
    const certificates = [
      { what: "ca" as const, name: "", expires: "2030-01-01T00:00:00Z", days: 9, message: "", hint: "" },
    ];
    const lines = exposition({ views, certificates, now: 10_000 }).split("\n");
    expect(lines).toContain("# TYPE machinist_machine_state gauge");
    expect(lines).toContain('machinist_machine_state{machine="a",fleet="demo",driver="nspawn",state="running"} 1');
    expect(lines).toContain('machinist_machine_state{machine="b",fleet="demo",driver="nspawn",state="running"} 0');
    expect(lines).toContain('machinist_machine_docker_up{machine="b",fleet="demo",driver="nspawn"} 0');
    expect(lines).toContain('machinist_machine_incomplete{machine="b",fleet="demo",driver="nspawn"} 1');
    expect(lines).toContain('machinist_machine_lease_seconds{machine="b",fleet="demo",driver="nspawn"} 60');
    expect(lines).toContain('machinist_machine_response_seconds{machine="a",fleet="demo",driver="nspawn"} 0.25');
    expect(lines).toContain('machinist_certificate_expiry_timestamp_seconds{what="ca",name=""} 1893456000');
    // Every line is a comment or a sample, and every sample has its family's type before it.
    for (const line of lines.filter((each) => each !== ""))
      expect(line).toMatch(/^(# (HELP|TYPE) machinist_\w+ .+|machinist_\w+\{(\w+="([^"\\\n]|\\.)*",?)*\} -?[\d.e+]+)$/);
  });

  test("nothing there is nothing told; odd names are written so that they can be read", () => {
    expect(exposition({ views: [], certificates: [], now: 0 })).toBe("");
    const odd = exposition({ views: [view('a"b\\c\nd')], certificates: [], now: 0 });
    expect(odd).toContain('machine="a\\"b\\\\c\\nd"');
  });
});

describe("machinist metrics", () => {
  const { machinist } = fakeMachinist({ overrides: { machines: async () => [view("a")] } });

  test("prints them", async () => {
    const { stdout, code } = await run(["metrics"], { machinist });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# HELP machinist_machine_state /);
  });

  test.each(["9464x", "host", "host:99999", "a b:1"])("--listen %s is refused", async (address) => {
    expect((await run(["metrics", "--listen", address], { machinist })).stderr).toContain("(usage.value)");
  });

  test("serves them until it is stopped, looks once for many, and says what is wrong", async () => {
    const controller = new AbortController();
    let looks = 0;
    let url = "";
    const look = async () => {
      looks++;
      if (looks === 1) throw new Error("The store is away");
      return "machinist_x{} 1\n";
    };
    const serving = serveText({ host: "127.0.0.1", port: 0 }, look, controller.signal, (heard) => {
      url = heard;
    });
    await expect.poll(() => url).not.toBe("");
    const failed = await fetch(url);
    expect([failed.status, await failed.text()]).toEqual([503, "The store is away\n"]);
    const answers = await Promise.all([fetch(url), fetch(url), fetch(`${url}?x=1`)]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array(3).fill("machinist_x{} 1\n"));
    expect(answers[0]!.headers.get("content-type")).toContain("version=0.0.4");
    expect(looks).toBe(2);
    expect((await fetch(url.replace("/metrics", "/"))).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
    controller.abort();
    await serving;
    await expect(fetch(url)).rejects.toThrow();
  });

  test("a port that is taken is told", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const ended = await run(["metrics", "--listen", `127.0.0.1:${port}`], { machinist });
    expect(ended.stderr).toMatch(/\(metrics\.listen\)\nhint: /);
    other.close();
  });
});
