import { type Driver, type Endpoint, isMachinistError, type States } from "@machinist/core";
import { checkedEndpoint, engineUrl } from "@machinist/values";

/** Where a machine answers, as its driver tells. What a driver, a record or another program's file says is checked here. */
export interface Reach {
  readonly endpoint?: Endpoint;
  /** Docker's: of the engine that we set up, or of the one that the user brought. */
  readonly url?: string;
}

/** Throws `value.*`. */
export function reachOf(driver: Driver | undefined, machine: string, states: States): Reach {
  const endpoint = driver?.endpoint?.(machine, states);
  const own = states[`${machine}/engine`]?.url;
  const url = typeof own === "string" ? own : driver?.engineUrl?.(machine, states);
  return {
    ...(endpoint ? { endpoint: checkedEndpoint(endpoint, machine) } : {}),
    ...(url ? { url: engineUrl(url, `Docker's URL of ${machine}`) } : {}),
  };
}

/** The same for whoever only looks: a machine that is said to be reached in an impossible way is there, and can be removed. */
export function knownReach(driver: Driver | undefined, machine: string, states: States): Reach {
  try {
    return reachOf(driver, machine, states);
  } catch (thrown) {
    if (isMachinistError(thrown) && thrown.code.startsWith("value.")) return {};
    throw thrown;
  }
}
