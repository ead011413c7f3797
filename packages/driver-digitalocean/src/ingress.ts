import { isIP } from "node:net";
import { type Clock, MachinistError } from "@machinist/core";
import { canonicalCidr } from "@machinist/options";
import { singleFlight } from "@machinist/requests";
import type { Rule } from "./api-types.ts";

const ANSWER_MS = 10_000;
const FRESH_MS = 5 * 60_000;

export type CallerRange = (url: string) => Promise<string>;

/** From where this computer is seen to call, as a range of one address. Asked of a service that answers with it alone. */
export function callerRange(clock: Clock): CallerRange {
  return singleFlight(
    async (url: string) => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "error" })
        .then((response) => (response.ok ? response.text() : ""))
        .catch(() => "");
      const address = answer.trim();
      if (isIP(address) === 4) return `${address}/32`;
      // Droplets are reached at their IPv4 address: whoever comes by it has another one than this.
      if (isIP(address) === 6)
        throw new MachinistError("digitalocean.ingress", `${url} tells ${address}, and droplets are reached by IPv4`, {
          hint: "Give --digitalocean-ingress-cidr YOUR-IPV4-ADDRESS/32, or an --digitalocean-address-url that is called by IPv4",
        });
      throw new MachinistError(
        "digitalocean.ingress",
        `Could not detect your public IP address: ${url} does not tell it`,
        {
          hint: "Say who may reach SSH and Docker: --digitalocean-ingress-cidr 203.0.113.7/32",
        },
      );
    },
    { freshMs: FRESH_MS, now: () => clock.now() },
  );
}

/** TCP ports, and who may reach them. */
export interface Opening {
  readonly ports: readonly string[];
  readonly addresses: readonly string[];
}

/** Who may come in: the ranges given to the ports given, and members of the fleet to everything. */
export function inbound(openings: readonly Opening[], membersTag: string): Rule[] {
  const members = { tags: [membersTag] };
  return [
    ...openings.flatMap(({ ports, addresses }) =>
      ports.map((each) => ({ protocol: "tcp" as const, ports: each, sources: { addresses: [...addresses] } })),
    ),
    ...(["tcp", "udp", "icmp"] as const).map((protocol) => ({ protocol, ports: "0", sources: members })),
  ];
}

export const outbound: readonly Rule[] = (["tcp", "udp", "icmp"] as const).map((protocol) => ({
  protocol,
  ports: "0",
  destinations: { addresses: ["0.0.0.0/0", "::/0"] },
}));

/** Two lists of rules that mean the same come out as one text: order, and how a range or "all ports" is written, do not count. */
export function canonical(rules: readonly Rule[] | null | undefined): string {
  const lines = (rules ?? []).map(({ protocol, ports, ...ends }) => {
    const targets = Object.values(ends).flatMap((target) =>
      Object.entries(target ?? {}).flatMap(([sort, values]) =>
        ((values ?? []) as unknown[]).map((each) => `${sort}=${canonicalCidr(String(each)) ?? each}`),
      ),
    );
    return [protocol, protocol === "icmp" || ports === "all" ? "0" : ports, ...targets.sort()].join(" ");
  });
  return lines.sort().join("\n");
}
