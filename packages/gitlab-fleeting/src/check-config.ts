import { basename } from "node:path";
import { asMachinistError, type DriverModule, type MachinistError, shape } from "@machinist/core";
import { notRight, type Runner, readRunners } from "./config-file.ts";
import { openGroup } from "./group/open.ts";

export interface CheckOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Drivers that need not be looked up. */
  readonly drivers?: readonly DriverModule[];
}

/** What was found about one runner of a config.toml. */
export interface Checked {
  readonly runner: string;
  /** The group that it would have; absent where something is wrong. */
  readonly group?: string;
  readonly problem?: MachinistError;
}

const pluginName = "fleeting-plugin-machinist";

/** Look at the runners of a config.toml that use this plugin. Makes nothing. Throws `fleeting.config` for a file that has none. */
export async function checkConfig(path: string, options: CheckOptions): Promise<Checked[]> {
  const runners = (await readRunners(path, "check")).filter(({ content }) => isOurs(content.autoscaler));
  if (runners.length === 0)
    throw notRight(
      `No runner in ${path} uses this plugin`,
      `Name it there: [runners.autoscaler] plugin = ${JSON.stringify(pluginName)}`,
    );
  const checked = await Promise.all(runners.map((runner) => checkRunner(runner, options)));
  return checked.map((each) => {
    const twins = checked.filter(({ group }) => group !== undefined && group === each.group);
    if (twins.length < 2) return each;
    const problem = notRight(
      `${twins.map(({ runner }) => runner).join(" and ")} have one group, ${each.group}`,
      "Give each runner a group of its own: another name under plugin_config",
    );
    return { runner: each.runner, problem };
  });
}

/** `plugin` may have a version behind a colon, and be a path. */
const isOurs = (autoscaler: unknown): boolean =>
  shape.isData(autoscaler) &&
  typeof autoscaler.plugin === "string" &&
  basename(autoscaler.plugin.split(":")[0]!) === pluginName;

async function checkRunner({ name: runner, content }: Runner, options: CheckOptions): Promise<Checked> {
  const { plugin_config: config, connector_config: connector } = content.autoscaler as Record<string, unknown>;
  const protocol = shape.isData(connector) ? connector.protocol : undefined;
  try {
    const { settings, machinist } = await openGroup(config, typeof protocol === "string" ? protocol : "", options);
    await machinist[Symbol.asyncDispose]();
    return { runner, group: settings.name };
  } catch (thrown) {
    return { runner, problem: asMachinistError(thrown) };
  }
}
