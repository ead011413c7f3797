import http from "node:http";
import https from "node:https";
import type { Subject } from "./failure.ts";
import { abortFailure, connectionFailure } from "./failure.ts";

/** Where requests go, and over which kept connections. */
export interface Line extends Subject {
  readonly host: string;
  readonly port: number;
  readonly agent: http.Agent | https.Agent;
  readonly secure: boolean;
}

export interface Exchange {
  readonly method: string;
  /** Version prefix included. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** Work with an answer as its first bytes arrive; the deadline and the caller's abort hold until `use` is done. */
export async function exchange<T>(
  line: Line,
  asked: Exchange,
  use: (answer: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  try {
    return await attempt(line, asked, use);
  } catch (error) {
    // An idle connection may have been closed by the other side the moment we used it: nothing was lost but time.
    if (error instanceof StaleConnection) return attempt(line, asked, use);
    throw error;
  }
}

class StaleConnection extends Error {}

async function attempt<T>(line: Line, asked: Exchange, use: (answer: http.IncomingMessage) => Promise<T>): Promise<T> {
  if (asked.signal?.aborted === true) throw abortFailure(line, asked.signal, asked.timeoutMs);
  const text = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  const request = (line.secure ? https : http).request({
    host: line.host,
    port: line.port,
    agent: line.agent,
    method: asked.method,
    path: asked.path,
    headers:
      text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
  });
  let ended: "deadline" | "abort" | undefined;
  const stop = (why: "deadline" | "abort") => {
    ended ??= why;
    request.destroy();
  };
  const onAbort = () => stop("abort");
  const timer = setTimeout(() => stop("deadline"), asked.timeoutMs);
  asked.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const answer = await answerTo(request, text);
    return await use(answer);
  } catch (error) {
    if (ended === "abort") throw abortFailure(line, asked.signal, asked.timeoutMs);
    if (ended === "deadline") throw abortFailure(line, undefined, asked.timeoutMs);
    if (isStale(request, error, asked.method)) throw new StaleConnection();
    throw connectionFailure(line, error);
  } finally {
    clearTimeout(timer);
    asked.signal?.removeEventListener("abort", onAbort);
  }
}

const answerTo = (request: http.ClientRequest, text: string | undefined): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    request.end(text);
  });

const isStale = (request: http.ClientRequest, error: unknown, method: string): boolean =>
  request.reusedSocket &&
  (method === "GET" || method === "HEAD") &&
  ["ECONNRESET", "EPIPE"].includes(String((error as { code?: unknown }).code));
