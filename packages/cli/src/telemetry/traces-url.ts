type Env = Readonly<Record<string, string | undefined>>;

/** Where traces go, by OpenTelemetry's own variables; undefined: nowhere. */
export function tracesUrl(env: Env): string | undefined {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return undefined;
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = own || (base && `${base.replace(/\/$/, "")}/v1/traces`);
  return url && /^https?:\/\//.test(url) ? url : undefined;
}
