/** The Docker Engine API of one machine, over mutual TLS. Answers are JSON; the API version is negotiated. */
export interface EngineApi {
  /** `tcp://host:port`. */
  readonly url: string;
  /**
   * One request; `path` without the version prefix (`/info`), query included. Any status ≥ 400 throws `docker.http` with the engine's own
   * message and a `status` in the error's cause; no answer throws `docker.unreachable` (retryable), a refused certificate `docker.tls`.
   */
  request<T>(method: "GET" | "POST" | "DELETE" | "HEAD", path: string, options?: EngineRequest): Promise<T>;
  close(): void;
}

export interface EngineRequest {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Deadline in ms. Default 30 000. */
  readonly timeoutMs?: number;
}

/** How resource types find the engines of machines. */
export interface Engines {
  connect(machine: string, options?: { readonly signal?: AbortSignal }): Promise<EngineApi>;
}
