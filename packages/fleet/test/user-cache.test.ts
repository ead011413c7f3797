import { expect, test } from "vitest";
import { userCache } from "../src/user-cache.ts";

test.each([
  ["linux", { HOME: "/home/me" }, "/home/me/.cache/machinist"],
  ["linux", { HOME: "/home/me", XDG_CACHE_HOME: "/var/cache/me" }, "/var/cache/me/machinist"],
  ["linux", { HOME: "/home/me", XDG_CACHE_HOME: "cache" }, "/home/me/.cache/machinist"],
  ["darwin", { HOME: "/Users/me", XDG_CACHE_HOME: "/x" }, "/Users/me/Library/Caches/machinist"],
] as const)("on %s with %j", (platform, env, path) => {
  expect(userCache(env, platform)).toBe(path);
});
