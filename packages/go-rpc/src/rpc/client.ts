import type { Duplex } from "node:stream";
import { asMachinistError, cancelled, MachinistError } from "@machinist/core";
import { GobDecoder } from "../gob/decoder.ts";
import { GobEncoder } from "../gob/encoder.ts";
import type { GobRecord, GobType, GobValue } from "../gob/types.ts";
import { nothing, request } from "./envelopes.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long the answer may take, in ms. Default: as long as it takes. */
  readonly timeoutMs?: number;
}

interface Waiting {
  resolve(value: GobValue): void;
  reject(error: MachinistError): void;
}

/**
 * Calls over a connection. Calls overlap, and each is answered in its own time. When the connection ends or breaks, what
 * waits for an answer fails with `rpc.lost` or `gob.*`, and so does every later call.
 */
export class RpcClient {
  readonly #stream: Duplex;
  readonly #encoder = new GobEncoder();
  readonly #decoder = new GobDecoder();
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #answer: GobRecord | undefined;
  #end: MachinistError | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (piece: Buffer) => this.#read(piece));
    stream.on("error", (error) => this.#over(lost(error.message)));
    stream.on("close", () => this.#over(lost("it was closed")));
    stream.on("end", () => this.#over(lost("the other side closed it")));
    // It was stopped after its greeting, so that nothing is lost.
    stream.resume();
  }

  /**
   * The reply of a method. Throws `rpc.refused` with the words of the other side, `rpc.lost`, `rpc.timeout`, `cancelled` (the
   * method goes on over there all the same).
   */
  call(method: string, type: GobType = nothing, argument: GobValue = {}, options: CallOptions = {}): Promise<GobValue> {
    const { signal, timeoutMs } = options;
    if (this.#end) return Promise.reject(this.#end);
    if (signal?.aborted) return Promise.reject(cancelled(signal));
    const seq = this.#next++;
    return new Promise<GobValue>((resolve, reject) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => give(late(method, timeoutMs)), timeoutMs);
      const onAbort = () => give(cancelled(signal!));
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiting.delete(seq);
      };
      const give = (error: MachinistError) => {
        settle();
        reject(error);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(seq, {
        resolve(value) {
          settle();
          resolve(value);
        },
        reject: give,
      });
      this.#stream.write(this.#encoder.encode(request, { ServiceMethod: method, Seq: seq }));
      this.#stream.write(this.#encoder.encode(type, argument));
    });
  }

  /** Hang up. */
  close(): void {
    this.#over(lost("it was closed here"));
  }

  #read(piece: Buffer): void {
    try {
      for (const { value } of this.#decoder.push(piece)) this.#take(value);
    } catch (error) {
      this.#over(asMachinistError(error));
    }
  }

  /** An answer is two values: whose it is, and the reply. */
  #take(value: GobValue): void {
    const answer = this.#answer;
    if (answer === undefined) {
      this.#answer = value as GobRecord;
      return;
    }
    this.#answer = undefined;
    const waiting = this.#waiting.get(Number(answer.Seq ?? 0));
    const refusal = String(answer.Error ?? "");
    if (refusal === "") waiting?.resolve(value);
    else waiting?.reject(refused(String(answer.ServiceMethod ?? ""), refusal));
  }

  #over(error: MachinistError): void {
    if (this.#end) return;
    this.#end = error;
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
    this.#stream.on("error", () => {}).destroy();
  }
}

const lost = (why: string): MachinistError =>
  new MachinistError("rpc.lost", `The connection to the plugin has ended: ${why}`, {
    hint: "See what it printed: run the command again with --debug",
  });

const late = (method: string, ms: number): MachinistError =>
  new MachinistError("rpc.timeout", `The plugin did not answer ${shortOf(method)} within ${ms} ms`, {
    hint: "It may still be at work; look at what it printed: run the command again with --debug",
  });

const refused = (method: string, words: string): MachinistError =>
  new MachinistError("rpc.refused", words, {
    hint: `These are the plugin's own words, about ${shortOf(method)}`,
  });

const shortOf = (method: string): string => method.slice(method.indexOf(".") + 1);
