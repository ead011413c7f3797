import { describe, expect, test } from "vitest";
import { containerRows } from "../src/docker/container-rows.ts";
import { Demultiplexer } from "../src/docker/demultiplex.ts";
import { engineFacts } from "../src/docker/engine-facts.ts";
import { usageRows } from "../src/docker/host-usage.ts";
import { imageRows, volumeRows } from "../src/docker/store-rows.ts";
import { nodeRows, serviceRows, taskRows } from "../src/docker/swarm-rows.ts";
import { sampleOf, usageOf } from "../src/docker/usage.ts";
import { sizeWord } from "../src/state/size-word.ts";

const signal = new AbortController().signal;

/** An engine that gives these answers. */
const engine = (answers: { readonly [path: string]: unknown }) => ({
  request: async <T>(_: string, path: string): Promise<T> => {
    if (path in answers) return answers[path] as T;
    throw new Error(`nothing at ${path}`);
  },
});

describe("an engine's facts", () => {
  test("are one question, and a second one of managers", async () => {
    const info = { ServerVersion: "28.1.0", Containers: 5, ContainersRunning: 3, Swarm: { NodeID: "n1" } };
    expect(await engineFacts(engine({ "/info": info }), signal, 10)).toMatchObject({ version: "28.1.0", node: "n1" });
    const manager = { ...info, Swarm: { NodeID: "n1", ControlAvailable: true } };
    const nodes = [{ ID: "n1", Spec: { Role: "manager", Availability: "active" }, ManagerStatus: { Leader: true } }];
    expect((await engineFacts(engine({ "/info": manager, "/nodes": nodes }), signal, 10)).nodes).toMatchObject([
      { id: "n1", leader: true },
    ]);
    expect(await engineFacts(engine({ "/info": manager }), signal, 10)).not.toHaveProperty("nodes");
    expect(await engineFacts(engine({ "/info": {} }), signal, 10)).toMatchObject({ version: "", running: 0 });
  });
});

describe("rows", () => {
  test("of containers: running ones first, with what they use", () => {
    const rows = containerRows(
      [
        { Id: "a", Names: ["/old"], State: "exited", Status: "Exited (0)" },
        {
          Id: "b",
          Names: ["/web"],
          State: "running",
          Image: "nginx",
          Status: "Up 3 hours (unhealthy)",
          Ports: [
            { PublicPort: 80, PrivatePort: 8080, Type: "tcp" },
            { PublicPort: 80, PrivatePort: 8080, Type: "tcp" },
            { PrivatePort: 9 },
          ],
        },
      ],
      new Map([["b", { cpu: 12.34, memoryBytes: 3 * 1024 * 1024 }]]),
    );
    expect(rows.map(({ cells }) => cells)).toEqual([
      ["web", "unhealthy", "nginx", "12.3%", "3.0 MiB", "80->8080", "Up 3 hours (unhealthy)"],
      ["old", "exited", "", "", "", "", "Exited (0)"],
    ]);
    expect(rows[0]).toMatchObject({ mood: "bad", container: { name: "web", running: true } });
  });

  test("of images, volumes, nodes, services and tasks", () => {
    const images = [
      { Id: "sha256:abcdef", RepoTags: null, Size: 5 },
      { Id: "sha256:123", RepoTags: ["nginx:1"], Size: 2e9, Created: 0 },
    ];
    expect(imageRows(images, 3_600_000 * 50).map(({ cells }) => cells)).toEqual([
      ["nginx:1", "1.9 GiB", "2d", "123"],
      ["(no name)", "5 B", "2d", "abcdef"],
    ]);
    expect(volumeRows([{ Name: "b" }, { Name: "a", Driver: "local" }]).map(({ key }) => key)).toEqual(["a", "b"]);
    const nodes = [
      {
        ID: "n1",
        Spec: { Role: "worker", Availability: "drain" },
        Description: { Hostname: "w1" },
        Status: { State: "ready" },
      },
    ];
    expect(nodeRows(nodes)[0]).toMatchObject({ cells: ["w1", "worker", "drain", "ready", "", ""], mood: "warn" });
    const services = [{ ID: "s1", Spec: { Name: "web", Mode: { Replicated: { Replicas: 3 } } } }];
    const tasks = [
      { ID: "t1", ServiceID: "s1", NodeID: "n1", Slot: 1, DesiredState: "running", Status: { State: "running" } },
      {
        ID: "t0",
        ServiceID: "s1",
        NodeID: "n1",
        Slot: 2,
        DesiredState: "shutdown",
        Status: { State: "failed", Err: "no" },
      },
    ];
    expect(serviceRows(services, tasks)[0]).toMatchObject({
      cells: ["web", "replicated", "1/3", "", ""],
      mood: "warn",
    });
    expect(taskRows(tasks, services, nodes).map(({ cells }) => cells.slice(0, 2))).toEqual([
      ["web.1", "running"],
      ["web.2", "failed"],
    ]);
  });

  test("a share of the processor takes two looks", () => {
    const look = (at: number, cpuNs: number) => ({
      read: new Date(at).toISOString(),
      cpu_stats: { cpu_usage: { total_usage: cpuNs } },
      memory_stats: { usage: 100, stats: { inactive_file: 40 } },
    });
    expect(usageOf(look(1000, 5e8), undefined)).toEqual({ memoryBytes: 60 });
    expect(usageOf(look(3000, 15e8), sampleOf(look(1000, 5e8)))).toEqual({ memoryBytes: 60, cpu: 50 });
    expect(usageOf(look(3000, 1), sampleOf(look(1000, 5e8)))).toEqual({ memoryBytes: 60 });
    expect(usageOf({}, undefined)).toEqual({ memoryBytes: 0 });
  });

  test("sizes", () => {
    expect([0, 1023, 1024, 150 * 1024, 2 ** 40 * 3].map(sizeWord)).toEqual([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "150 KiB",
      "3.0 TiB",
    ]);
  });
});

describe("a host's own use", () => {
  test("is read from what the kernel says; what is missing is left out", () => {
    const text = `0.10 0.20 0.30 1/200 4242
MemTotal:        4000000 kB
MemAvailable:    3000000 kB
overlay 20000000 5000000 15000000 25% /
`;
    expect(usageRows(text).map(({ cells }) => cells)).toEqual([
      ["load", "0.10 0.20 0.30"],
      ["memory in use", "25 %, 977 MiB of 3.8 GiB"],
      ["disk in use", "25 %, 4.8 GiB of 19.1 GiB"],
    ]);
    expect(usageRows("sh: cat: not found")).toEqual([]);
  });
});

describe("a log's frames", () => {
  const frame = (stream: number, text: string) => {
    const body = Buffer.from(text);
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(body.length, 4);
    return Buffer.concat([header, body]);
  };

  test("are put together however they are cut", () => {
    const all = Buffer.concat([frame(1, "out é\n"), frame(2, "err\n"), frame(1, "")]);
    for (let size = 1; size < all.length; size++) {
      const frames = new Demultiplexer();
      let text = "";
      for (let at = 0; at < all.length; at += size) text += frames.push(all.subarray(at, at + size));
      expect(text + frames.end()).toBe("out é\nerr\n");
    }
  });

  test("are told as soon as they are whole", () => {
    const frames = new Demultiplexer();
    expect(frames.push(frame(1, "out\n"))).toBe("out\n");
    const next = frame(2, "err\n");
    expect(frames.push(next.subarray(0, -1))).toBe("");
    expect(frames.push(next.subarray(-1))).toBe("err\n");
  });

  test("a terminal's log has none", () => {
    const frames = new Demultiplexer();
    expect(frames.push(Buffer.from("plain text\n")) + frames.push(Buffer.from("more\n"))).toBe("plain text\nmore\n");
    const short = new Demultiplexer();
    expect(short.push(Buffer.from("hi")) + short.end()).toBe("hi");
  });
});
