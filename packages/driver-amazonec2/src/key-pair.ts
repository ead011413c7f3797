import { type MachinistError, type ResourceType, retry } from "@machinist/core";
import type { Account } from "./account.ts";
import { nameOf } from "./errors.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";
import { born, only } from "./tags.ts";

export type KeyPairProps = { place: ProviderEndpoint; publicKey: string };
export type KeyPairState = { place: ProviderEndpoint; name: string; id: string };

/** The key of a fleet, imported once. Its name is its owner tag, so that there cannot be two. */
export function keyPairKind(account: Account): ResourceType<KeyPairProps, KeyPairState> {
  return {
    concurrency: 1000,
    pollIntervalMs: 3000,
    consistencyWindowMs: 60_000,
    async read({ props, state, owner, signal }) {
      const place = state?.place ?? (await account.here(props.place));
      const which = only("key-name", state?.name ?? owner);
      const { KeyPairs: [found] = [] } = await account.at(place, signal)((ec2, o) => ec2.describeKeyPairs(which, o));
      return found && { place, name: found.KeyName ?? owner, id: found.KeyPairId ?? "" };
    },
    async create(call) {
      const { props, owner, fleet, signal } = call;
      const place = await account.here(props.place);
      const request = {
        KeyName: owner,
        PublicKeyMaterial: Buffer.from(props.publicKey),
        TagSpecifications: born("key-pair", call, fleet),
      };
      try {
        const ask = account.at(place, signal);
        const again = () => ask((ec2, o) => ec2.importKeyPair(request, o));
        const made = await retry(again, { clock: account.clock, signal });
        return { place, name: owner, id: made.KeyPairId ?? "" };
      } catch (error) {
        if (nameOf(error) !== "InvalidKeyPair.Duplicate") throw error;
        return { place, name: owner, id: "" };
      }
    },
    async delete({ state, signal }) {
      const ask = account.at(state.place, signal, true);
      // EC2 answers the same for one that is gone.
      await ask((ec2, o) => ec2.deleteKeyPair({ KeyName: state.name }, o)).catch((error: MachinistError) => {
        if (nameOf(error) !== "InvalidKeyPair.NotFound") throw error;
      });
    },
  };
}
