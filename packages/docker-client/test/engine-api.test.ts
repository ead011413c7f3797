import { createServer } from "node:net";
import type { MachinistError } from "@machinist/core";
import { afterEach, describe, expect, it } from "vitest";
import type { DockerClient, EngineApiOptions } from "../src/index.ts";
import { createEngineApi, EngineAnswer } from "../src/index.ts";
import type { FakeEngineOptions } from "./fake-engine.ts";
import { startFakeEngine } from "./fake-engine.ts";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function connected(fake: FakeEngineOptions = {}, options: Partial<EngineApiOptions> = {}) {
  const engine = await startFakeEngine(fake);
  cleanups.push(engine.close);
  return { engine, api: client({ url: engine.url, ...options }) };
}
function client(options: EngineApiOptions): DockerClient {
  const api = createEngineApi(options);
  cleanups.push(() => api.close());
  return api;
}
const failureOf = async (promise: Promise<unknown>): Promise<MachinistError> => {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeDefined();
  return outcome as MachinistError;
};

describe("version negotiation", () => {
  it.each([
    ["1.41", "/v1.41/info"],
    ["1.24", "/v1.24/info"],
    ["1.47", "/v1.47/info"],
    ["1.52", "/v1.47/info"],
  ])("with an engine that speaks %s asks for %s", async (apiVersion, path) => {
    const { api, engine } = await connected({ apiVersion });
    expect(await api.request("GET", "/info")).toEqual({ path });
    await api.request("GET", "/info");
    expect(engine.asked).toEqual(["GET /_ping", `GET ${path}`, `GET ${path}`]);
  });

  it("asks once for requests made at the same time", async () => {
    const { api, engine } = await connected();
    await Promise.all([api.request("GET", "/a"), api.request("GET", "/b"), api.request("GET", "/c")]);
    expect(engine.asked.filter((line) => line === "GET /_ping")).toHaveLength(1);
  });

  it.each(["1.12", "banana"])("refuses an engine that announces %s", async (apiVersion) => {
    const { api } = await connected({ apiVersion });
    expect((await failureOf(api.request("GET", "/info"))).code).toBe("docker.version");
  });
});

describe("answers", () => {
  it("keeps one connection for requests made one after the other", async () => {
    const { api, engine } = await connected();
    for (const path of ["/a", "/b", "/c"]) await api.request("GET", path);
    expect(engine.connections()).toBe(1);
  });

  it("sends a body as JSON and gives an empty answer as undefined", async () => {
    const bodies: string[] = [];
    const { api } = await connected({
      answer: async (request, response) => {
        let text = "";
        for await (const piece of request) text += piece;
        bodies.push(`${request.headers["content-type"]} ${text}`);
        response.writeHead(204).end();
      },
    });
    expect(await api.request("POST", "/swarm/leave", { body: { a: "ö" } })).toBeUndefined();
    expect(bodies).toEqual(['application/json {"a":"ö"}']);
  });

  it("gives the engine's own words and status for a refusal", async () => {
    const { api } = await connected(
      {
        answer: (_request, response) =>
          response
            .writeHead(503, { "content-type": "application/json" })
            .end('{"message":"This node is not a swarm manager."}\n'),
      },
      { machine: "m1" },
    );
    const failure = await failureOf(api.request("GET", "/swarm"));
    expect(failure).toMatchObject({ code: "docker.http", retryable: false });
    expect(failure.message).toContain("m1");
    expect(failure.message).toContain("This node is not a swarm manager.");
    expect(failure.cause).toBeInstanceOf(EngineAnswer);
    expect(failure.cause).toMatchObject({ status: 503 });
  });

  it("refuses an answer beyond the limit without reading it all", async () => {
    const { api } = await connected(
      { answer: (_request, response) => response.end(Buffer.alloc(300_000)) },
      { maxAnswerBytes: 100_000 },
    );
    expect((await failureOf(api.request("GET", "/big"))).code).toBe("docker.answer");
  });

  it("reports broken JSON", async () => {
    const { api } = await connected({
      answer: (_request, response) => response.writeHead(200, { "content-type": "application/json" }).end("{"),
    });
    expect((await failureOf(api.request("GET", "/info"))).code).toBe("docker.answer");
  });
});

describe("failures on the way", () => {
  it("a closed port is docker.unreachable, retryable, and the next request tries again", async () => {
    const { engine, api } = await connected({}, { machine: "m1" });
    await engine.close();
    const failure = await failureOf(api.request("GET", "/info"));
    expect(failure).toMatchObject({ code: "docker.unreachable", retryable: true });
    expect(failure.hint).toContain("machinist status m1");
  });

  it("an engine that cuts the connection is docker.unreachable", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    expect((await failureOf(client({ url: `tcp://127.0.0.1:${port}` }).request("GET", "/info"))).code).toBe(
      "docker.unreachable",
    );
  });

  it("an engine that never answers meets the deadline", async () => {
    const { api } = await connected({ answer: () => {} });
    const failure = await failureOf(api.request("GET", "/info", { timeoutMs: 150 }));
    expect(failure).toMatchObject({ code: "docker.unreachable", retryable: true });
    expect(failure.message).toContain("did not answer within 150 ms");
  });

  it("an answer that stops in the middle meets the deadline", async () => {
    const { api } = await connected({ answer: (_request, response) => void response.write("half") });
    // Where half an answer takes longer than that, the deadline is met before it.
    expect((await failureOf(api.request("GET", "/info", { timeoutMs: 150 }))).code).toBe("docker.unreachable");
  });

  it("an abort ends the request as cancelled, before and during it", async () => {
    const controller = new AbortController();
    const { api } = await connected({ answer: () => controller.abort() });
    expect((await failureOf(api.request("GET", "/info", { signal: AbortSignal.abort() }))).code).toBe("cancelled");
    expect(controller.signal.aborted).toBe(false);
    expect((await failureOf(api.request("GET", "/info", { signal: controller.signal }))).code).toBe("cancelled");
  });

  it("a kept connection that the engine closed meanwhile is replaced", async () => {
    const sockets: { destroy(): void }[] = [];
    const { api } = await connected({
      answer: (request, response) => {
        sockets.push(request.socket);
        // The second request on a connection is cut, as by an engine that was restarted.
        if (sockets.filter((socket) => socket === request.socket).length > 1) request.socket.destroy();
        else response.end("fine");
      },
    });
    expect(await api.request("GET", "/a")).toBe("fine");
    expect(await api.request("GET", "/b")).toBe("fine");
    expect((await failureOf(api.request("POST", "/c"))).code).toBe("docker.unreachable");
  });

  it.each(["127.0.0.1:2376", "tcp://host", "unix:///var/run/docker.sock", "tcp://h:99999"])(
    "%s is no engine's address",
    (url) => {
      expect(() => createEngineApi({ url })).toThrowError(expect.objectContaining({ code: "docker.url" }));
    },
  );
});

describe("streams", () => {
  it("come piece by piece and end with the signal", async () => {
    const { api } = await connected({
      answer: (_request, response) => {
        response.write("one\n");
        setTimeout(() => response.write("two\n"), 20);
      },
    });
    const controller = new AbortController();
    const stream = await api.stream("GET", "/events", { signal: controller.signal, timeoutMs: 60_000 });
    let text = "";
    stream.on("data", (piece) => {
      text += piece;
      if (text.includes("two")) controller.abort();
    });
    await new Promise<void>((resolve) => {
      stream.on("error", () => {});
      stream.once("close", resolve);
    });
    expect(text).toBe("one\ntwo\n");
  });

  it("refused streams are errors", async () => {
    const { api } = await connected({
      answer: (_request, response) => response.writeHead(404).end("no such container"),
    });
    expect((await failureOf(api.stream("GET", "/containers/x/logs"))).message).toContain("no such container");
  });
});
