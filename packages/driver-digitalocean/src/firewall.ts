import type { Call, Kind } from "@machinist/core";
import { type CallerRange, canonical, inbound, outbound } from "./ingress.ts";
import { type MarkedProps, type MarkedState, markedKind, type Views, viewOf } from "./marked-kind.ts";
import { markedName } from "./marks.ts";
import type { Firewall } from "./wire.ts";

/** `tag`: id of the tag resource whose droplets it covers. `ingress`: CIDR ranges, or `auto` for the caller's own. */
export type FirewallProps = MarkedProps & { tag: string; ports: string[]; ingress: string[]; addressUrl: string };
/** `caller` is empty where it could not be found out: then nothing is said about the ranges. */
export type FirewallState = MarkedState & {
  inbound: string;
  outbound: string;
  tag: string;
  tagged: boolean;
  caller: string;
};

const AUTO = "auto";

export function firewallKind(views: Views, callerOf: CallerRange): Kind<FirewallProps, FirewallState> {
  const tagOf = (call: Call<FirewallProps>): string => String(call.seen[call.props.tag]?.id ?? "");
  const body = async (call: Call<FirewallProps>) => {
    const { ports, ingress, addressUrl } = call.props;
    const caller = ingress.includes(AUTO) ? await callerOf(addressUrl) : "";
    return {
      name: markedName(call),
      inbound_rules: inbound(ports, ranges(ingress, caller), tagOf(call)),
      outbound_rules: outbound,
      tags: [tagOf(call)],
    };
  };
  const callerNow = ({ ingress, addressUrl }: FirewallProps): Promise<string> =>
    ingress.includes(AUTO) ? callerOf(addressUrl).catch(() => "") : Promise.resolve("");
  const state = async (item: Firewall, call: Call<FirewallProps>) => ({
    inbound: canonical(item.inbound_rules),
    outbound: canonical(item.outbound_rules),
    tag: tagOf(call),
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
      const ask = { body: await body(call), signal: call.signal };
      const { firewall } = await view.api.send<{ firewall: Firewall }>("PUT", `/v2/firewalls/${call.state.id}`, ask);
      return { ...call.state, ...(await state(firewall, call)) };
    },
    drift(seen, { ports, ingress }) {
      if (ingress.includes(AUTO) && seen.caller === "") return seen.tagged ? [] : ["tag"];
      return [
        ...(seen.inbound === canonical(inbound(ports, ranges(ingress, seen.caller), seen.tag)) ? [] : ["ingress"]),
        ...(seen.outbound === canonical(outbound) ? [] : ["outbound"]),
        ...(seen.tagged ? [] : ["tag"]),
      ];
    },
    immutable: ["api"],
  };
}

const ranges = (ingress: readonly string[], caller: string): string[] => [
  ...new Set(ingress.flatMap((each) => (each === AUTO ? (caller === "" ? [] : caller) : each))),
];
