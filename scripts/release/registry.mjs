import { existsSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { must } from "../setup/child.mjs";
import { Refusal } from "../setup/clone.mjs";
import { ensureReleaseTools, releaseTool } from "./tools.mjs";

/** Proxies of this computer, which npm reads by itself and a registry does not. */
function proxies() {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  const found = names.map((name) => [name, process.env[name] ?? process.env[name.toUpperCase()]]);
  return Object.fromEntries(found.filter(([, value]) => value));
}

/** The registry that this computer's npm asks, also for tests, which have a HOME of their own. Warnings come before it. */
async function usualRegistry() {
  const { HOME = "" } = process.env;
  const env = { ...process.env, HOME: existsSync(join(HOME, ".npmrc")) ? HOME : userInfo().homedir };
  const words = (await must("npm", ["config", "get", "registry"], { env })).trim().split(/\s+/);
  return words.at(-1) ?? "";
}

/**
 * @param {string} storage
 * @param {string} uplink where packages that are not ours come from
 */
const configOf = (storage, uplink) => ({
  ...proxies(),
  storage,
  self_path: storage,
  uplinks: { theirs: { url: uplink, timeout: "30s" } },
  packages: {
    // Never from elsewhere: what is installed is what was just published.
    "@machinist/*": { access: "$all", publish: "$all" },
    "**": { access: "$all", proxy: "theirs" },
  },
  web: { enable: false },
  log: { type: "file", path: join(storage, "log"), level: "warn", format: "json" },
});

/**
 * A registry of npm packages on this computer, at a port that is free, until it is closed. It lives in this process and
 * ends with it, however that ends.
 * @param {string} storage
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startRegistry(storage) {
  await ensureReleaseTools();
  mkdirSync(storage, { recursive: true });
  const { runServer } = releaseTool("verdaccio");
  /** @type {import("node:http").Server} */
  const server = await runServer(configOf(storage, await usualRegistry()));
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(undefined));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Refusal("The registry has no port.");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}/`, close };
}
