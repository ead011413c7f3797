import { MachinistError } from "@machinist/core";
import { expect, test } from "vitest";
import { explained, nameOf } from "../src/errors.ts";

const place = { region: "us-east-1", endpoint: "", account: "" };
const said = (name: string, more: object = {}) => Object.assign(new Error("what EC2 says"), { name, ...more });
const never = new AbortController().signal;

test.each([
  ["RequestLimitExceeded", "amazonec2.throttled", true],
  ["IdempotentInstanceTerminated", "owner.spent", false],
  ["IdempotentParameterMismatch", "owner.spent", false],
  ["InsufficientInstanceCapacity", "amazonec2.capacity", false],
  ["SpotMaxPriceTooLow", "amazonec2.capacity", false],
  ["MaxSpotInstanceCountExceeded", "amazonec2.quota", false],
  ["VcpuLimitExceeded", "amazonec2.quota", false],
  ["AddressLimitExceeded", "amazonec2.quota", false],
  ["AuthFailure", "amazonec2.credentials", false],
  ["CredentialsProviderError", "amazonec2.no-credentials", false],
  ["ExpiredToken", "amazonec2.expired", false],
  ["UnauthorizedOperation", "amazonec2.denied", false],
  ["DependencyViolation", "amazonec2.busy", true],
  ["InvalidIPAddress.InUse", "amazonec2.busy", true],
  ["TimeoutError", "amazonec2.unreachable", true],
  ["InvalidParameterValue", "amazonec2.refused", false],
] as const)("%s is %s", (name, code, retryable) => {
  expect(explained(said(name), place, never)).toMatchObject({ code, retryable });
});

test("what has no name is told by its status or by the socket", () => {
  expect(explained(said("Error", { code: "ECONNRESET" }), place, never)).toMatchObject({
    code: "amazonec2.unreachable",
  });
  expect(explained(said("Unknown", { $metadata: { httpStatusCode: 503 } }), place, never).retryable).toBe(true);
  expect(explained(said("Error", { code: "ENOTFOUND" }), place, never)).toMatchObject({ code: "amazonec2.region" });
});

test("nothing of the exchange itself is kept: it holds the signature", () => {
  const error = explained(
    said("AuthFailure", { $response: { headers: { authorization: "AWS4 secret" } } }),
    place,
    never,
  );
  expect(JSON.stringify(error.cause, Object.getOwnPropertyNames(error.cause))).not.toContain("secret");
  expect(nameOf(error)).toBe("AuthFailure");
});

test("a cancelled request is cancelled, whatever it failed with", () => {
  const reason = new MachinistError("resource.timeout", "too late");
  expect(explained(said("AbortError"), place, AbortSignal.abort())).toMatchObject({ code: "cancelled" });
  expect(explained(said("AbortError"), place, AbortSignal.abort(reason))).toBe(reason);
});
