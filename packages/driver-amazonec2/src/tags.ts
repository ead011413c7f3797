import { createHash } from "node:crypto";
import type { Filter, ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Call } from "@machinist/core";

/** Tags by which our objects are known. */
export const ownerTag = "machinist:owner";
export const fleetTag = "machinist:fleet";
const membersTag = "machinist:members-";

/** What a look is limited to; unlike ids, values that match nothing are no error. */
export const only = (Name: string, ...Values: string[]): { Filters: Filter[] } => ({ Filters: [{ Name, Values }] });
/** All of ours has it, also what shares its tags with others. */
export const marked = only("tag-key", fleetTag);
export const ofFleet = (fleet: string) => only(`tag:${fleetTag}`, fleet);
export const ofOwner = (owner: string) => only(`tag:${ownerTag}`, owner);

export const tagsOf = (values: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
export const valuesOf = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

/** Tags that an object has from its first moment. */
export const born = (
  ResourceType: ResourceType,
  { owner, fleet }: Pick<Call, "owner" | "fleet">,
  Name: string,
): TagSpecification[] => [{ ResourceType, Tags: tagsOf({ [ownerTag]: owner, [fleetTag]: fleet, Name }) }];

/** What a tag's value may hold; of ours, owner tags with blanks between. */
export const room = 256;

/**
 * The owner tags of all who are asked for in one request. They share their tags, so each of them bears the whole list,
 * in the order in which EC2 counts them (AmiLaunchIndex).
 */
export function memberTags(owners: readonly string[]): Record<string, string> {
  const lines = [""];
  for (const owner of owners) {
    const last = lines[lines.length - 1]!;
    const longer = last === "" ? owner : `${last} ${owner}`;
    if (longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(owner);
  }
  return Object.fromEntries(lines.map((line, index) => [`${membersTag}${index}`, line]));
}

/** Whose an object is: its own mark, or its place in the list that it was born with. */
export function ownerOf(tags: readonly Tag[] = [], launchIndex = 0): string | undefined {
  const values = valuesOf(tags);
  if (values[ownerTag] !== undefined) return values[ownerTag];
  const members: string[] = [];
  for (let index = 0; values[`${membersTag}${index}`] !== undefined; index++)
    members.push(...values[`${membersTag}${index}`]!.split(" "));
  return members[launchIndex];
}

/** The token of one request (≤ 64 characters): the mark of the one it is for, else a hash of all that is asked for. */
export const tokenOf = (owners: readonly string[], request: unknown): string =>
  owners.length === 1 ? owners[0]! : createHash("sha256").update(JSON.stringify(request)).digest("hex");
