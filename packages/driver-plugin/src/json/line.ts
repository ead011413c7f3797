import { type Data, isWithinLimits, shape } from "@machinist/core";
import type { Line, RpcError } from "./protocol.ts";

/** A line of JSON-RPC, its parts of the types that they are used as; undefined for anything else. */
export function parseLine(text: string): Line | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!shape.isData(value) || !isWithinLimits(value)) return undefined;
  const { id, method, params, result, error } = value;
  return {
    ...(typeof id === "number" ? { id } : {}),
    ...(typeof method === "string" ? { method } : {}),
    ...(shape.isData(params) ? { params } : {}),
    ...(shape.isData(error) ? { error: errorOf(error) } : {}),
    result,
  };
}

function errorOf({ code, message, data }: Data): RpcError {
  const { code: area, hint, retryable, retryAfterMs } = shape.isData(data) ? data : {};
  return {
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof message === "string" ? { message } : {}),
    data: {
      ...(typeof area === "string" ? { code: area } : {}),
      ...(typeof hint === "string" ? { hint } : {}),
      ...(typeof retryable === "boolean" ? { retryable } : {}),
      ...(typeof retryAfterMs === "number" && retryAfterMs >= 0
        ? { retryAfterMs: Math.min(retryAfterMs, 3_600_000) }
        : {}),
    },
  };
}
