import type { EngineProps } from "../engine-props.ts";
import { openrcBlock } from "./openrc.ts";
import { dropIn, type UnitContext } from "./systemd-unit.ts";

/** What the service manager should be told, in its own words: a drop-in, or a block of settings. */
export const unitText = (props: EngineProps, context: UnitContext & { readonly init: string }): string =>
  context.init === "openrc" ? openrcBlock(props, context.address) : dropIn(props, context);
