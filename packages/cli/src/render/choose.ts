import type { Out } from "../io.ts";
import type { Style } from "../style.ts";
import { jsonRenderer } from "./json.ts";
import { liveRenderer } from "./live.ts";
import { plainRenderer } from "./plain.ts";
import type { Renderer } from "./renderer.ts";

export type ProgressStyle = "auto" | "live" | "plain" | "none";

export interface Choice {
  readonly progress: ProgressStyle;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly out: Out;
  readonly style: Style;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** The renderer for this output: JSON when asked for, a picture on a terminal that can, else lines. */
export function chooseRenderer({ progress, json, quiet, debug, out, style, env, now }: Choice): Renderer {
  const write = (text: string) => out.write(text);
  if (json) return jsonRenderer(write);
  if (quiet || progress === "none") return { show() {}, end() {} };
  const able = out.isTTY && env.TERM !== "dumb" && !env.CI;
  if (progress === "live" ? out.isTTY : progress === "auto" && able) return liveRenderer({ out, style, debug, now });
  return plainRenderer({ write, style, debug, now });
}
