import type { IpPermission } from "@aws-sdk/client-ec2";
import { canonicalCidr } from "@machinist/options";

/** One thing that a security group lets in, in words that can be compared: `tcp 22..22 192.0.2.7/32`, `all members`. */
export type Rule = string;

export const members = "all members";

/**
 * What we want a group to let in. `from` are CIDR blocks for SSH and Docker; `open` ports are for everybody. Machines of a
 * version that had no group of members have this one alone, so it lets them in too.
 */
export function wantedRules(from: readonly string[], ports: readonly number[], open: readonly string[]): Rule[] {
  const known = from.flatMap((cidr) => ports.map((port) => `tcp ${port}..${port} ${cidr}`));
  const world = open.flatMap((text) => {
    const [, first = "", last = first, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? [];
    return ["0.0.0.0/0", "::/0"].map((cidr) => `${protocol} ${first}..${last} ${cidr}`);
  });
  return [...new Set([...(known.length > 0 ? [members] : []), ...known, ...world])].sort();
}

/** Those of the rules that are not among the others, which are written as we write them. */
export const without = (rules: readonly Rule[], others: readonly Rule[]): Rule[] =>
  rules.filter((rule) => !others.includes(asWritten(rule)));

/** A block may be written in several ways, and a provider gives back what it was told. */
export const asWritten = (rule: Rule): Rule => {
  const [what, ports, source = "", ...id] = rule.split(" ");
  return id.length > 0 || source === "" ? rule : `${what} ${ports} ${canonicalCidr(source) ?? source}`;
};

/** What a group of ours lets in now. */
export function rulesOf(permissions: readonly IpPermission[] = [], groupId: string): Rule[] {
  return permissions
    .flatMap(({ IpProtocol, FromPort, ToPort, ...sources }) => {
      const [what, everything] = [`${IpProtocol} ${FromPort}..${ToPort}`, IpProtocol === "-1"];
      return [
        ...(sources.UserIdGroupPairs ?? []).map(({ GroupId }) =>
          everything && GroupId === groupId ? members : `${what} group ${GroupId}`,
        ),
        ...(sources.IpRanges ?? []).map(({ CidrIp }) => `${what} ${CidrIp}`),
        ...(sources.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => `${what} ${CidrIpv6}`),
        ...(sources.PrefixListIds ?? []).map(({ PrefixListId }) => `${what} list ${PrefixListId}`),
      ];
    })
    .sort();
}

/** Rules as EC2 wants them. */
export const permissionsOf = (rules: readonly Rule[], groupId: string): IpPermission[] =>
  rules.map((rule) => {
    if (rule === members) return { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: groupId }] };
    const [IpProtocol = "", ports = "", kind = "", id = kind] = rule.split(" ");
    const [from, to] = ports.split("..").map(Number);
    const source =
      kind === "group"
        ? { UserIdGroupPairs: [{ GroupId: id }] }
        : kind === "list"
          ? { PrefixListIds: [{ PrefixListId: id }] }
          : id.includes(":")
            ? { Ipv6Ranges: [{ CidrIpv6: id }] }
            : { IpRanges: [{ CidrIp: id }] };
    return { IpProtocol, ...(IpProtocol === "-1" ? {} : { FromPort: from, ToPort: to }), ...source } as IpPermission;
  });
