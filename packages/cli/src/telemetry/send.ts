import type { Run } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { version } from "../version.ts";
import { headersOf, traceRequest } from "./otlp.ts";
import { Spans } from "./spans.ts";

/** Nobody waits longer for a collector, in ms. */
const SEND_MS = 2000;

/** Follow a run, and send what it did as one trace when it has ended. Why it could not be sent, if so; never throws. */
export async function traced(
  run: Run<Outcome>,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const spans = new Spans();
  for await (const event of run) spans.add(event);
  const failed = await run.result.then(
    ({ ok }) => !ok,
    () => true,
  );
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headersOf(env) },
      body: JSON.stringify(traceRequest(spans.finish(Date.now(), failed), env, version)),
      signal: AbortSignal.timeout(SEND_MS),
    });
    return answer.ok ? undefined : `${url} answered ${answer.status}`;
  } catch (thrown) {
    const { cause, message } = thrown as Error & { cause?: { code?: string; message?: string } };
    return `${url}: ${cause?.code ?? cause?.message ?? message}`;
  }
}
