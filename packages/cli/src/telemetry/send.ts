import type { Run } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { version } from "../version.ts";
import { headersOf, traceRequest } from "./otlp.ts";
import { Spans } from "./spans.ts";

/** Nobody waits longer for a collector, in ms. */
const SEND_MS = 2000;

/** What is told of a collector: the rest of its URL may hold a password or a key. */
const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "its URL");

/** The URL without its user and password, and these as a header: fetch takes none in a URL. */
function addressed(url: string): { readonly href: string; readonly headers: Record<string, string> } {
  const target = new URL(url);
  const { username, password } = target;
  if (username === "" && password === "") return { href: target.href, headers: {} };
  target.username = "";
  target.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { href: target.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

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
    const { href, headers } = addressed(url);
    const answer = await fetch(href, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers, ...headersOf(env) },
      body: JSON.stringify(traceRequest(spans.finish(Date.now(), failed), env, version)),
      signal: AbortSignal.timeout(SEND_MS),
    });
    return answer.ok ? undefined : `${nameOf(url)} answered ${answer.status}`;
  } catch (thrown) {
    const { cause, message } = thrown as Error & { cause?: { code?: string; message?: string } };
    return `${nameOf(url)}: ${cause?.code ?? cause?.message ?? message}`;
  }
}
