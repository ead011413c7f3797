import type { DescribeInstancesCommandInput, Instance } from "@aws-sdk/client-ec2";
import { batch } from "@machinist/requests";
import type { Account, Ask } from "./account.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { ofFleet, only, ownerOf } from "./tags.ts";

/** Which instance: by its id where that is known, else by owner tag among those of a fleet. */
export interface Query {
  readonly place: ProviderEndpoint;
  readonly fleet: string;
  readonly owner: string;
  readonly id: string;
}

export const isGone = ({ State }: Instance): boolean => State?.Name === "terminated";

/** All who look at the same moment share one look at their fleet; an id that is not in it is looked at by itself. */
export function instanceLook(account: Account) {
  return batch<Query, Instance | undefined>({
    clock: account.clock,
    most: 2000,
    keyOf: ({ place, fleet }) => JSON.stringify([place, fleet]),
    async run(queries, signal) {
      const { place, fleet } = queries[0]!;
      const ask = account.at(place, signal);
      const found = new Map<string, Instance>();
      const add = (instances: readonly Instance[]) => {
        for (const instance of instances) found.set(instance.InstanceId ?? "", instance);
      };
      if (fleet !== "") add(await listInstances(ask, ofFleet(fleet)));
      const missing = queries.map(({ id }) => id).filter((id) => id !== "" && !found.has(id));
      for (let at = 0; at < missing.length; at += 200)
        add(await listInstances(ask, only("instance-id", ...missing.slice(at, at + 200))));
      const owned = new Map<string, Instance>();
      for (const instance of found.values()) {
        const owner = ownerOf(instance.Tags, instance.AmiLaunchIndex);
        if (owner !== undefined && !isGone(instance)) owned.set(owner, instance);
      }
      return queries.map(({ id, owner }) => (id === "" ? owned.get(owner) : found.get(id)));
    },
  });
}

/** All pages of a list. */
export async function listInstances(ask: Ask, which: DescribeInstancesCommandInput): Promise<Instance[]> {
  const instances: Instance[] = [];
  for (let token: string | undefined; ; ) {
    const request = { ...which, MaxResults: 1000, ...(token ? { NextToken: token } : {}) };
    const page = await ask((ec2, o) => ec2.describeInstances(request, o));
    instances.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
    token = page.NextToken;
    if (!token) return instances;
  }
}
