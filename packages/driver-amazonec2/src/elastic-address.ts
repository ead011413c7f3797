import { type Call, type ResourceType, scopeOf } from "@machinist/core";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { born, ofOwner, only } from "./tags.ts";

export type AddressProps = { place: ProviderEndpoint };
export type AddressState = { place: ProviderEndpoint; id: string; address: string };

/** A public address that stays when its machine is stopped or replaced. */
export function elasticAddressKind(account: Account): ResourceType<AddressProps, AddressState> {
  const look = async ({ props, state, owner, signal }: Call<AddressProps> & { state?: AddressState | undefined }) => {
    const place = state?.place ?? (await account.here(props.place));
    const which = state ? only("allocation-id", state.id) : ofOwner(owner);
    const { Addresses: [found] = [] } = await account.at(place, signal)((ec2, o) => ec2.describeAddresses(which, o));
    return found && { place, id: found.AllocationId ?? "", address: found.PublicIp ?? "" };
  };
  return {
    concurrency: 1000,
    pollIntervalMs: 3000,
    consistencyWindowMs: 60_000,
    read: look,
    async create(call) {
      // This request has no token: it would be another address each time.
      const before = await look(call);
      if (before) return before;
      const request = { Domain: "vpc" as const, TagSpecifications: born("elastic-ip", call, scopeOf(call.id)) };
      const place = await account.here(call.props.place);
      await call.markRequestSent?.();
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
export type AssociationProps = { place: ProviderEndpoint; instance: string; address: string };
export type AssociationState = { place: ProviderEndpoint; id: string; address: string };

/** That an address leads to a machine. It ends with the machine: taken off before, a machine that stays would be without. */
export function associationKind(account: Account): ResourceType<AssociationProps, AssociationState> {
  return {
    deletedWithParent: true,
    concurrency: 1000,
    pollIntervalMs: 3000,
    async read({ props, state, dependencies, signal }) {
      const [allocation, instance] = [dependencies[props.address]?.id, dependencies[props.instance]?.id];
      if (allocation === undefined) return undefined;
      const place = state?.place ?? (await account.here(props.place));
      const which = only("allocation-id", String(allocation));
      const { Addresses: [found] = [] } = await account.at(place, signal)((ec2, o) => ec2.describeAddresses(which, o));
      const joined = found?.AssociationId && (state ? state.id === found.AssociationId : found.InstanceId === instance);
      return joined ? { place, id: found.AssociationId!, address: found.PublicIp ?? "" } : undefined;
    },
    async create({ props, dependencies, signal }) {
      const [address, InstanceId] = [dependencies[props.address], String(dependencies[props.instance]?.id)];
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
