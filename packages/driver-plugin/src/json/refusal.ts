import { MachinistError, ownerSpent } from "@machinist/core";
import type { RpcError } from "./protocol.ts";

/** JSON-RPC's own number for a method that is not there. */
const NO_METHOD = -32601;

/** A driver's own error, in its words. `owner.spent` is acted upon, so it keeps its code. */
export function refusal(name: string, { code, message, data = {} }: RpcError): MachinistError {
  const words = oneLine(message) || `Driver ${name} failed and gave no reason`;
  const details = {
    retryable: data.retryable === true,
    ...(typeof data.hint === "string" ? { hint: oneLine(data.hint) } : {}),
    ...(typeof data.retryAfterMs === "number" ? { retryAfterMs: data.retryAfterMs } : {}),
  };
  if (data.code === ownerSpent) return new MachinistError(ownerSpent, words, details);
  if (code === NO_METHOD)
    return new MachinistError("plugin.method", `The program of driver ${name} lacks a method: ${words}`, {
      hint: "It is of another version than it says; reinstall it",
    });
  return new MachinistError("plugin.refused", data.code ? `${words} [${oneLine(data.code)}]` : words, details);
}

const oneLine = (text: unknown): string =>
  String(text ?? "")
    .split("\n")[0]!
    .trim()
    .slice(0, 500);
