import type { Host } from "./load.ts";

/** Where Docker answers, as it was saved. Empty where nothing is known yet. */
export function urlOf({ config: { Driver } }: Host): string {
  if (typeof Driver.URL === "string" && Driver.URL !== "") return Driver.URL;
  const address = Driver.IPAddress;
  if (typeof address !== "string" || address === "") return "";
  const port = typeof Driver.EnginePort === "number" && Driver.EnginePort > 0 ? Driver.EnginePort : 2376;
  return `tcp://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** `host:port` of a URL. */
export const hostPort = (url: string): string => url.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");

/** The URL of a classic Swarm's master: the machine's address, the port that its options name. */
export function swarmUrlOf(host: Host): string {
  const address = /^(.*):\d+$/.exec(hostPort(urlOf(host)))?.[1] ?? "";
  const port = /:(\d+)$/.exec(host.config.HostOptions.SwarmOptions.Host)?.[1] ?? "3376";
  return `tcp://${address}:${port}`;
}
