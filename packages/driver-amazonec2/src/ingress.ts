import { isIP } from "node:net";
import { MachinistError } from "@machinist/core";
import { ownAddressWord } from "@machinist/options";
import { singleFlight } from "@machinist/requests";
import type { Lookups } from "./lookups.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";

/** By which way SSH comes to the machine, where it is not by a public IPv4 address. */
export type Way = "private" | "ipv6";

/** `from`: CIDR blocks, or `auto`, in which case `way` tells how SSH comes if not by public IPv4. */
export interface IngressProps {
  readonly place: ProviderEndpoint;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly from: readonly string[];
  readonly addressService: string;
  readonly way?: Way;
}

export type Ingress = ReturnType<typeof ingress>;

/**
 * The blocks that are let in. `auto` is what this computer is seen with on the way that SSH takes: its public address, as a
 * web page tells it, is on no packet that stays inside the VPC, and an IPv4 address on none of IPv6.
 */
export function ingress({ blocksOf }: Lookups) {
  const ask = ownAddress();
  return async (props: IngressProps) => {
    const { place, vpcId, subnetId } = props;
    const own = () =>
      props.way === "private"
        ? blocksOf({ place, vpcId, subnetId })
        : ask(props.addressService).then((told) => [fitting(told, props)]);
    const all = await Promise.all(props.from.map((block) => (block === ownAddressWord ? own() : [block])));
    return all.flat();
  };
}

interface CallContext {
  readonly address: string;
  readonly version: 4 | 6;
}

/** The address that this computer is seen with, asked for at most once in ten minutes. */
function ownAddress() {
  return singleFlight(
    async (url: string): Promise<CallContext> => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((cause: Error) => cause);
      const address = answer instanceof Error ? "" : (await answer.text().catch(() => "")).trim();
      const version = isIP(address);
      if (version === 4 || version === 6) return { address, version };
      throw new MachinistError(
        "amazonec2.own-address",
        `Could not detect your public IP address: ${url} does not tell it`,
        {
          hint: "Give --amazonec2-ingress-cidr YOUR-ADDRESS/32",
          ...(answer instanceof Error ? { cause: answer } : {}),
        },
      );
    },
    { freshMs: 600_000 },
  );
}

function fitting(
  { address, version }: CallContext,
  { addressService, way }: Pick<IngressProps, "addressService" | "way">,
): string {
  const [wanted, length] = way === "ipv6" ? [6, 128] : [4, 32];
  if (version === wanted) return `${address}/${length}`;
  throw new MachinistError(
    "amazonec2.own-address",
    `${addressService} tells ${address}, and the machine is reached by IPv${wanted}: you would be shut out`,
    {
      hint: `Give --amazonec2-ingress-cidr YOUR-IPV${wanted}-ADDRESS/${length}, or an --amazonec2-address-service that is called by IPv${wanted}`,
    },
  );
}
