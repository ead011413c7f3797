import { expect, test } from "vitest";
import { saysGone, saysUnreachable } from "../src/go/refusal-words.ts";

test.each([
  "server m-572 not found",
  "server 429 not found",
  "droplet: 503 not found",
  "Error: machine 401 does not exist",
  "VM vm-500-a has already been deleted",
  "instance_not_found",
])("%s: it is gone", (words) => {
  expect(saysGone(new Error(words))).toBe(true);
});

test.each([
  "GET https://api.test/v2/servers/7: 503 not available, host not found in the pool",
  "unexpected status code: 500 (server not found in cache)",
  "HTTP 502: upstream not found",
  "error code 403, zone not found",
  "dial tcp: lookup api.test: no such host",
  "404 page not found",
  "429 Too Many Requests: the quota does not exist",
  "401 Unauthorized: the token was not found",
])("%s: its provider was not asked", (words) => {
  expect(saysUnreachable(new Error(words))).toBe(true);
  expect(saysGone(new Error(words))).toBe(false);
});
