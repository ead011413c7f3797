import { randomBytes } from "node:crypto";
import type { Span } from "./spans.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** `key=value,key=value`, each percent-encoded. */
export function headersOf(env: Env): Record<string, string> {
  const text = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS || "";
  return Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      return name === undefined ? [] : [[name, decoded(value ?? "")]];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The body of an ExportTraceServiceRequest, as JSON (opentelemetry-proto 1.x). `TRACEPARENT` names what the run is a part of. */
export function traceRequest(spans: readonly Span[], env: Env, version: string): object {
  const [, within, parent] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(env.TRACEPARENT ?? "") ?? [];
  const traceId = within ?? randomBytes(16).toString("hex");
  const ids = new Map(spans.map(({ key }) => [key, randomBytes(8).toString("hex")]));
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const nano = (ms: number) => `${Math.round(ms)}000000`;
  return {
    resourceSpans: [
      {
        resource: {
          attributes: [text("service.name", env.OTEL_SERVICE_NAME || "machinist"), text("service.version", version)],
        },
        scopeSpans: [
          {
            scope: { name: "machinist", version },
            spans: spans.map((span) => ({
              traceId,
              spanId: ids.get(span.key),
              parentSpanId: span.parent === undefined ? (parent ?? "") : (ids.get(span.parent) ?? ids.get("")),
              name: span.name,
              kind: 1,
              startTimeUnixNano: nano(span.from),
              endTimeUnixNano: nano(span.to),
              attributes: Object.entries(span.attributes).map(([key, value]) => text(key, value)),
              status: span.failed === undefined ? { code: 1 } : { code: 2, message: span.failed },
            })),
          },
        ],
      },
    ],
  };
}
