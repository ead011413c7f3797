import type { Ask } from "./account.ts";
import { permissionsOf, type Rule, rulesOf } from "./rules.ts";
import { marked, only, ownerTag } from "./tags.ts";

/**
 * A fleet has one group of members for each way in which its machines name their VPC (by itself, by a subnet of it, or not at
 * all), since which VPC that is shows only when it is looked up. Those that turn out to be in one VPC let each other in.
 */

/** Ids of the fleet's other groups of members in a VPC. They have owner tags that begin alike: those of one store's fleet. */
export async function peersOf(ask: Ask, owner: string, vpcId: string, own: string): Promise<string[]> {
  const [uid = ""] = owner.split("-");
  const Filters = [only("vpc-id", vpcId), only(`tag:${ownerTag}`, `${uid}-${membersLocal}*`)].flatMap(
    (each) => each.Filters,
  );
  const { SecurityGroups = [] } = await ask((ec2, o) => ec2.describeSecurityGroups({ Filters }, o));
  return SecurityGroups.flatMap(({ GroupId }) => (GroupId && GroupId !== own ? [GroupId] : [])).sort();
}

/** How the ids of such resources begin, and so their owner tags. */
export const membersLocal = "members-";

export const fromGroup = (groupId: string): Rule => `-1 undefined..undefined group ${groupId}`;

/** Groups of ours that let another one in do so no more: EC2 removes none that a rule names. */
export async function forgetGroup(ask: Ask, groupId: string): Promise<void> {
  const Filters = [...only("ip-permission.group-id", groupId).Filters, ...marked.Filters];
  const { SecurityGroups = [] } = await ask((ec2, o) => ec2.describeSecurityGroups({ Filters }, o));
  for (const { GroupId = "", IpPermissions } of SecurityGroups) {
    const naming = rulesOf(IpPermissions, GroupId).filter((rule) => rule.endsWith(` group ${groupId}`));
    if (naming.length === 0) continue; // it lets in itself
    const request = { GroupId, IpPermissions: permissionsOf(naming, GroupId) };
    await ask((ec2, o) => ec2.revokeSecurityGroupIngress(request, o));
  }
}
