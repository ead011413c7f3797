import { type Call, type Kind, scopeOf } from "@machinist/core";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import { born, ofOwner, only } from "./marks.ts";
import type { Place } from "./place.ts";

export type AddressProps = { place: Place };
export type AddressState = { place: Place; id: string; address: string };

/** A public address that stays when its machine is stopped or replaced. */
export function elasticAddressKind(account: Account): Kind<AddressProps, AddressState> {
  const look = async ({ props, state, owner, signal }: Call<AddressProps> & { state?: AddressState | undefined }) => {
    const place = state?.place ?? (await account.here(props.place));
    const which = state ? only("allocation-id", state.id) : ofOwner(owner);
    const { Addresses: [found] = [] } = await account.at(place, signal)((ec2, o) => ec2.describeAddresses(which, o));
    return found && { place, id: found.AllocationId ?? "", address: found.PublicIp ?? "" };
  };
  return {
    concurrency: 1000,
    pollMs: 3000,
    settleMs: 60_000,
    read: look,
    async create(call) {
      // This request has no token: it would be another address each time.
      const before = await look(call);
      if (before) return before;
      const request = { Domain: "vpc" as const, TagSpecifications: born("elastic-ip", call, scopeOf(call.id)) };
      const place = await account.here(call.props.place);
      await call.announce?.();
      const made = await account.at(place, call.signal)((ec2, o) => ec2.allocateAddress(request, o));
      return { place, id: made.AllocationId ?? "", address: made.PublicIp ?? "" };
    },
    loss: ({ id }) => `the Elastic IP address of ${scopeOf(id)}`,
    async delete({ state, signal }) {
      const ask = account.at(state.place, signal, true);
      await ask((ec2, o) => ec2.releaseAddress({ AllocationId: state.id }, o)).catch((error) => {
        if (nameOf(error) !== "InvalidAllocationID.NotFound") throw error;
      });
    },
  };
}

/** `instance` and `address` are ids of the resources that are joined. */
export type AssociationProps = { place: Place; instance: string; address: string };
export type AssociationState = { place: Place; id: string; address: string };

/** That an address leads to a machine. It ends with the machine: taken off before, a machine that stays would be without. */
export function associationKind(account: Account): Kind<AssociationProps, AssociationState> {
  return {
    contained: true,
    concurrency: 1000,
    pollMs: 3000,
    async read({ props, state, seen, signal }) {
      const [allocation, instance] = [seen[props.address]?.id, seen[props.instance]?.id];
      if (allocation === undefined) return undefined;
      const place = state?.place ?? (await account.here(props.place));
      const which = only("allocation-id", String(allocation));
      const { Addresses: [found] = [] } = await account.at(place, signal)((ec2, o) => ec2.describeAddresses(which, o));
      const joined = found?.AssociationId && (state ? state.id === found.AssociationId : found.InstanceId === instance);
      return joined ? { place, id: found.AssociationId!, address: found.PublicIp ?? "" } : undefined;
    },
    async create({ props, seen, signal }) {
      const [address, InstanceId] = [seen[props.address], String(seen[props.instance]?.id)];
      const request = { AllocationId: String(address?.id), InstanceId, AllowReassociation: true };
      const place = await account.here(props.place);
      const made = await account.at(place, signal)((ec2, o) => ec2.associateAddress(request, o));
      return { place, id: made.AssociationId ?? "", address: String(address?.address) };
    },
    async delete({ state, signal }) {
      const ask = account.at(state.place, signal, true);
      await ask((ec2, o) => ec2.disassociateAddress({ AssociationId: state.id }, o)).catch((error) => {
        if (nameOf(error) !== "InvalidAssociationID.NotFound") throw error;
      });
    },
  };
}
