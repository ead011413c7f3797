import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EventBody } from "@machinist/core";
import { afterEach, expect, test } from "vitest";
import { tracesUrl } from "../src/telemetry/traces-url.ts";
import { fakeMachinist, outcome } from "./fake-machinist.ts";
import { run } from "./world.ts";

const events: EventBody[] = [
  { type: "run", action: "start", status: "started", fleet: "demo", machines: ["web-1"] },
  { type: "resource", id: "web-1/engine", kind: "docker.engine", status: "creating" },
  { type: "step", id: "web-1/engine", step: "docker", status: "applying" },
  { type: "step", id: "web-1/engine", step: "docker", status: "applied" },
  { type: "failed", id: "web-1/engine", code: "docker.tls", message: "It refused" },
  { type: "run", action: "start", status: "failed" },
];

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A collector that keeps what it is sent. */
async function collector(status = 200) {
  const got: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  server = createServer((request, answer) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      got.push({ path: request.url ?? "", headers: request.headers, body });
      answer.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Sent {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
}

test("a command is one trace: the run, its resources, their steps, and what failed", async () => {
  const { got, url } = await collector();
  const { machinist } = fakeMachinist({ events, outcome: outcome({ ok: false }) });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b",
    TRACEPARENT: `00-${trace}-b7ad6b7169203331-01`,
  };
  expect((await run(["start", "web-1"], { machinist, env })).stderr).not.toContain("trace");
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ path: "/v1/traces", headers: { "x-key": "a b", "content-type": "application/json" } });
  const spans = JSON.parse(got[0]!.body).resourceSpans[0].scopeSpans[0].spans as Sent[];
  const [whole, step, engine] = spans as [Sent, Sent, Sent];
  expect(spans.map(({ name, status }) => [name, status.code, status.message])).toEqual([
    ["machinist start", 2, "failed"],
    ["docker", 1, undefined],
    ["web-1/engine", 2, "docker.tls: It refused"],
  ]);
  expect(whole.parentSpanId).toBe("b7ad6b7169203331");
  expect(engine.parentSpanId).toBe(whole.spanId);
  expect(step.parentSpanId).toBe(engine.spanId);
  for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(traceId).toBe(trace);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  }
});

test("a collector that refuses or is not there is told of, and changes nothing", async () => {
  const { machinist } = fakeMachinist({ events });
  const plain = await run(["start", "web-1"], { machinist });
  const { url } = await collector(503);
  const refused = await run(["start", "web-1"], { machinist, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  expect(refused).toMatchObject({ code: plain.code, stdout: plain.stdout });
  expect(refused.stderr).toContain("The trace could not be sent: ");
  await new Promise((resolve) => server!.close(resolve));
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/t` };
  expect((await run(["start", "web-1"], { machinist, env })).stderr).toContain("ECONNREFUSED");
});

test("nothing is sent where nobody asks for it", () => {
  expect(tracesUrl({})).toBeUndefined();
  expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x:4318/", OTEL_SDK_DISABLED: "true" })).toBeUndefined();
  expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: "x:4318" })).toBeUndefined();
  expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x:4318/" })).toBe("http://x:4318/v1/traces");
});

test("a user and a password in a collector's URL reach it as a header, and are never printed", async () => {
  const { got, url } = await collector(503);
  const { machinist } = fakeMachinist({ events, outcome: outcome() });
  const endpoint = `${url.replace("//", "//me:s3cr%40t@")}/?key=s3cret`;
  const said = await run(["start", "web-1"], { machinist, env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint } });
  expect(got[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:s3cr@t").toString("base64")}`);
  expect(said.stderr).toContain(`The trace could not be sent: ${new URL(url).host} answered 503`);
  for (const port of ["1", "99999"]) {
    const { machinist: other } = fakeMachinist({ events, outcome: outcome() });
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://me:s3cret@127.0.0.1:${port}/` };
    const { stderr } = await run(["start", "web-1"], { machinist: other, env });
    expect(stderr).toContain("The trace could not be sent");
    expect(stderr).not.toContain("s3cret");
  }
  expect(said.stderr).not.toMatch(/s3cret|s3cr@t|s3cr%40t/);
});
