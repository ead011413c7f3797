import { shellWord } from "@machinist/values";
import type { EngineProps } from "../engine-props.ts";
import { listenFlags } from "./systemd-unit.ts";

/** OpenRC has no drop-ins: the service's settings are this shell fragment, and ours a marked block at its end. */
export const OPENRC_PATH = "/etc/conf.d/docker";

const BLOCK = /# begin machinist\n[\s\S]*?# end machinist\n?/;

/** Our block. */
export function openrcBlock(props: EngineProps, address: string): string {
  const flags = ["-H unix:///var/run/docker.sock", ...listenFlags(props.port, address)].join(" ");
  const env = Object.entries(props.env).map(([key, value]) => `export ${key}=${shellWord(value)}`);
  return ["# begin machinist", `DOCKER_OPTS="\${DOCKER_OPTS:-} ${flags}"`, ...env, "# end machinist", ""].join("\n");
}

/** Our block in a fragment; undefined where there is none. */
export const openrcBlockOf = (text: string | undefined): string | undefined => BLOCK.exec(text ?? "")?.[0];

/** The fragment with another block of ours in place of any present one, or without one. */
export function withOpenrcBlock(text: string | undefined, block: string | undefined): string {
  const rest = (text ?? "").replace(BLOCK, "");
  if (block === undefined) return rest;
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${block}`;
}
