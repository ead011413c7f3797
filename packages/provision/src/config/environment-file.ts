import type { EngineProps } from "../engine-props.ts";

/** The daemon's environment, for root alone: what a unit sets is shown to everybody by `systemctl show`. */
export const ENVIRONMENT_PATH = "/etc/docker/machinist.env";

/** Its text, which systemd and a shell read alike; undefined where there is nothing to set. */
export function environmentText({ env }: EngineProps): string | undefined {
  const lines = Object.entries(env).map(([key, value]) => `${key}="${value.replace(/[\\"$`]/g, "\\$&")}"\n`);
  return lines.length === 0 ? undefined : lines.join("");
}
