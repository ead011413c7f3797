import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import type { EngineApi, EngineRequest } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { bodyOf } from "./body.ts";
import type { Line } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { answerFailure } from "./failure.ts";
import { agreeOnVersion } from "./version.ts";

/** PEM texts of what mutual TLS needs. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EngineApiOptions {
  /** `tcp://host:port`, an IPv6 host in brackets. */
  readonly url: string;
  /** Absent: plain HTTP, as an engine without TLS wants it. */
  readonly tls?: TlsMaterial;
  /** The machine's name, for messages and hints. */
  readonly machine?: string;
  /** Most bytes of one answer. Default 32 MiB. */
  readonly maxAnswerBytes?: number;
  /** Connections kept open at most. Default 4. */
  readonly maxSockets?: number;
}

/** The engine's API, and its endless answers (logs, events). */
export interface DockerClient extends EngineApi {
  /**
   * An answer as it comes. `timeoutMs` (default 30 000) is for its beginning only; aborting `signal` ends the stream. The same errors as
   * `request`.
   */
  stream(method: "GET" | "POST", path: string, options?: EngineRequest): Promise<Readable>;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * A client of one engine. Nothing is opened before the first request; kept connections do not keep the program alive. Throws `docker.url`
 * for an address that is none, and `docker.tls` for certificates that cannot be read.
 */
export function createEngineApi(options: EngineApiOptions): DockerClient {
  const line = lineTo(options);
  const maxBytes = options.maxAnswerBytes ?? DEFAULT_ANSWER_BYTES;
  let version: Promise<string> | undefined;

  const negotiated = async (request: EngineRequest | undefined): Promise<string> => {
    // Shared by all requests under way; forgotten on failure (also when the one who asked gave up), so that the next asks again.
    version ??= ping(line, request).catch((error: unknown) => {
      version = undefined;
      throw error;
    });
    return version;
  };
  const ask = async <T>(
    method: string,
    path: string,
    request: EngineRequest | undefined,
    use: (answer: http.IncomingMessage) => Promise<T>,
  ): Promise<T> => {
    const prefix = path === "/_ping" ? "" : `/v${await negotiated(request)}`;
    return exchange(
      line,
      { method, path: prefix + path, ...deadline(request), body: request?.body },
      async (answer) => {
        const status = answer.statusCode ?? 0;
        if (status >= 400) throw answerFailure(line, status, await textOf(answer, maxBytes));
        return use(answer);
      },
    );
  };
  return {
    url: options.url,
    request: <T>(method: string, path: string, request?: EngineRequest) =>
      ask(method, path, request, (answer) => bodyOf(answer, maxBytes) as Promise<T>),
    stream: async (method, path, request) => {
      const answer = await ask<http.IncomingMessage>(method, path, request, async (begun) => begun);
      endWith(answer, request?.signal);
      return answer;
    },
    close: () => line.agent.destroy(),
  };
}

const textOf = async (answer: http.IncomingMessage, maxBytes: number): Promise<string> => {
  const body = await bodyOf(answer, maxBytes);
  return typeof body === "string" ? body : JSON.stringify(body ?? "");
};

const deadline = (request: EngineRequest | undefined) => ({
  signal: request?.signal,
  timeoutMs: request?.timeoutMs ?? DEFAULT_TIMEOUT_MS,
});

const ping = (line: Line, request: EngineRequest | undefined): Promise<string> =>
  exchange(line, { method: "GET", path: "/_ping", ...deadline(request) }, async (answer) => {
    const status = answer.statusCode ?? 0;
    const text = await textOf(answer, 64 * 1024);
    if (status >= 400) throw answerFailure(line, status, text);
    const announced = answer.headers["api-version"];
    return agreeOnVersion(Array.isArray(announced) ? announced[0] : announced);
  });

function endWith(answer: http.IncomingMessage, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const end = () => answer.destroy();
  signal.addEventListener("abort", end, { once: true });
  answer.once("close", () => signal.removeEventListener("abort", end));
  if (signal.aborted) end();
}

function lineTo(options: EngineApiOptions): Line {
  const { host, port } = addressOf(options.url);
  const keep = { keepAlive: true, maxSockets: options.maxSockets ?? 4, maxFreeSockets: 2 };
  const known = { url: options.url, machine: options.machine, host, port };
  if (options.tls === undefined) return { ...known, secure: false, agent: new http.Agent(keep) };
  const { ca, cert, key } = options.tls;
  return {
    ...known,
    secure: true,
    agent: new https.Agent({ ...keep, ca, cert, key, minVersion: "TLSv1.2", rejectUnauthorized: true }),
  };
}

function addressOf(url: string): { host: string; port: number } {
  const match = /^(?:tcp|https?):\/\/(?:\[([0-9a-fA-F:.%\w]+)\]|([^/:\s]+)):(\d{1,5})\/?$/.exec(url);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65535)
    throw new MachinistError("docker.url", `"${url}" is not an engine's address`, {
      hint: "It looks like tcp://192.0.2.7:2376.",
    });
  return { host, port };
}
