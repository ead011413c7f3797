import type { EngineProps } from "../engine-props.ts";
import { ENVIRONMENT_PATH } from "./environment-file.ts";
import { listenFlags } from "./systemd-unit.ts";

/** OpenRC has no drop-ins: the service's settings are this shell fragment, and ours a marked block at its end. */
export const OPENRC_PATH = "/etc/conf.d/docker";

const BLOCK = /# begin machinist\n[\s\S]*?# end machinist\n?/;

/** Our block. */
export function openrcBlock(props: EngineProps, address: string): string {
  const flags = ["-H unix:///var/run/docker.sock", ...listenFlags(props.port, address)].join(" ");
  const read = `if [ -r ${ENVIRONMENT_PATH} ]; then set -a; . ${ENVIRONMENT_PATH}; set +a; fi`;
  const env = Object.keys(props.env).length > 0 ? [read] : [];
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
