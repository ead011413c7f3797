import type { InstanceGroup } from "./group/contract.ts";

/** A group that is loaded while its host still connects: the host waits for the plugin's first line. */
export function lazyGroup(
  load: () => Promise<InstanceGroup>,
): InstanceGroup & { readonly load: () => Promise<InstanceGroup> } {
  let loading: Promise<InstanceGroup> | undefined;
  const group = () => {
    loading ??= load();
    return loading;
  };
  return {
    load: group,
    init: async (config, connector) => (await group()).init(config, connector),
    update: async () => (await group()).update(),
    increase: async (count) => (await group()).increase(count),
    decrease: async (instances) => (await group()).decrease(instances),
    connectInfo: async (instance) => (await group()).connectInfo(instance),
    heartbeat: async (instance) => (await group()).heartbeat(instance),
    suspend: async (instances) => (await group()).suspend(instances),
    resume: async (instances) => (await group()).resume(instances),
    // What was never loaded has nothing to end.
    shutdown: async () => (await loading)?.shutdown(),
  };
}
