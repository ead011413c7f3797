import { type DriverModule, MachinistError } from "@machinist/core";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { resolveOptions } from "@machinist/options";
import { type GroupSettings, groupSettings } from "./settings.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Another program may be at work on a machine, or on what machines share, in ms. */
const LOCK_WAIT_MS = 10 * 60_000;

export interface OpenGroup {
  readonly settings: GroupSettings;
  readonly machinist: Machinist;
  readonly module: DriverModule;
}

/** All that can be known to be wrong with a group before anything is made: it is thrown. Writes nothing. */
export async function openGroup(
  config: unknown,
  protocol: string,
  { env, drivers }: { readonly env: Env; readonly drivers?: readonly DriverModule[] },
): Promise<OpenGroup> {
  const settings = await groupSettings(config, env);
  if (protocol !== "" && protocol !== "ssh")
    throw new MachinistError("fleeting.protocol", `Machines answer SSH, not ${protocol}`, {
      hint: 'In config.toml: [runners.autoscaler.connector_config] protocol = "ssh"',
    });
  const machinist = await openMachinist({
    ...{ env, lockWaitMs: LOCK_WAIT_MS },
    ...(settings.storagePath === undefined ? {} : { storagePath: settings.storagePath }),
    ...(drivers ? { drivers } : {}),
  });
  const module = await machinist.driver(settings.machine.driver);
  resolveOptions(module, settings.machine.options, env, process.cwd());
  return { settings, machinist, module };
}
