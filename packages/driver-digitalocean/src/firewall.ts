import type { Call, ResourceType } from "@machinist/core";
import { ownAddressWord as AUTO } from "@machinist/options";
import type { Firewall } from "./api-types.ts";
import { type CallerRange, canonical, inbound, type Opening, outbound } from "./ingress.ts";
import { type MarkedProps, type MarkedState, markedKind, type Views, viewOf } from "./marked-kind.ts";
import { markedName } from "./marks.ts";

/**
 * `tag`: id of the tag resource whose droplets it covers; `members`: of that whose droplets may reach them on every port.
 * `ingress` may reach `ports`, `openIngress` may reach `open`: CIDR ranges, or `auto` for the caller's own.
 */
export type FirewallProps = MarkedProps & {
  tag: string;
  members: string;
  ports: string[];
  ingress: string[];
  open: string[];
  openIngress: string[];
  addressUrl: string;
};
/** `caller` is empty where it could not be found out: then nothing is said about the ranges. */
export type FirewallState = MarkedState & {
  inbound: string;
  outbound: string;
  members: string;
  tagged: boolean;
  caller: string;
};

export function firewallKind(views: Views, callerOf: CallerRange): ResourceType<FirewallProps, FirewallState> {
  const tagOf = (call: Call<FirewallProps>): string => String(call.dependencies[call.props.tag]?.id ?? "");
  const membersOf = (call: Call<FirewallProps>): string => String(call.dependencies[call.props.members]?.id ?? "");
  const body = async (call: Call<FirewallProps>) => {
    const caller = asksForCaller(call.props) ? await callerOf(call.props.addressUrl) : "";
    return {
      name: markedName(call),
      inbound_rules: inbound(openings(call.props, caller), membersOf(call)),
      outbound_rules: outbound,
      tags: [tagOf(call)],
    };
  };
  const callerNow = (props: FirewallProps): Promise<string> =>
    asksForCaller(props) ? callerOf(props.addressUrl).catch(() => "") : Promise.resolve("");
  const state = async (item: Firewall, call: Call<FirewallProps>) => ({
    inbound: canonical(item.inbound_rules),
    outbound: canonical(item.outbound_rules),
    members: membersOf(call),
    tagged: item.tags?.includes(tagOf(call)) ?? false,
    caller: await callerNow(call.props),
  });
  const kind = markedKind<FirewallProps, FirewallState, Firewall>(views, {
    path: "/v2/firewalls",
    key: "firewall",
    isOurs: ({ name }, call) => name === markedName(call),
    body,
    id: ({ id = "" }) => id,
    state,
  });
  return {
    ...kind,
    async update(call) {
      const view = viewOf(views, call);
      const ask = { body: await body(call), signal: call.signal, expects: ["firewall"] as const };
      const { firewall } = await view.api.send<{ firewall: Firewall }>("PUT", `/v2/firewalls/${call.state.id}`, ask);
      return { ...call.state, ...(await state(firewall, call)) };
    },
    drift(seen, props) {
      if (asksForCaller(props) && seen.caller === "") return seen.tagged ? [] : ["tag"];
      return [
        ...(seen.inbound === canonical(inbound(openings(props, seen.caller), seen.members)) ? [] : ["ingress"]),
        ...(seen.outbound === canonical(outbound) ? [] : ["outbound"]),
        ...(seen.tagged ? [] : ["tag"]),
      ];
    },
    requiresReplace: ["api"],
  };
}

/** Records of a version before have one list of ports, all of them for the same. */
const openings = ({ ports, ingress, open = [], openIngress = [] }: FirewallProps, caller: string): Opening[] => [
  { ports, addresses: ranges(ingress, caller) },
  { ports: open, addresses: ranges(openIngress, caller) },
];

const asksForCaller = ({ ingress, openIngress = [] }: FirewallProps): boolean =>
  [...ingress, ...openIngress].includes(AUTO);

const ranges = (ingress: readonly string[], caller: string): string[] => [
  ...new Set(ingress.flatMap((each) => (each === AUTO ? (caller === "" ? [] : caller) : each))),
];
