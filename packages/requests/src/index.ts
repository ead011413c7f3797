export { type BatchOptions, batch } from "./batch.ts";
export { boundedJson } from "./bounded-body.ts";
export { type QuotaHeaders, RateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";
export { singleFlight } from "./single-flight.ts";
