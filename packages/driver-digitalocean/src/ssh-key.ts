import type { ResourceType } from "@machinist/core";
import type { SshKey } from "./api-types.ts";
import { type MarkedProps, type MarkedState, markedKind, type Views } from "./marked-kind.ts";
import { markedName } from "./marks.ts";

export type SshKeyProps = MarkedProps & { publicKey: string };
/** `ours`: we put it into the account. One that was there before is used and left where it is. */
export type SshKeyState = MarkedState & { ours: boolean };

const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");

export function sshKeyKind(views: Views): ResourceType<SshKeyProps, SshKeyState> {
  const letGo = new Set<string>();
  const kind = markedKind<SshKeyProps, SshKeyState, SshKey>(views, {
    path: "/v2/account/keys",
    key: "ssh_key",
    isOurs: ({ name }, call) => name === markedName(call),
    // An account holds each key once.
    isAlike: ({ public_key }, { props }) => keyOf(public_key) === keyOf(props.publicKey),
    body: (call) => ({ name: markedName(call), public_key: keyOf(call.props.publicKey) }),
    id: ({ id }) => String(id),
    // docker-machine's have no mark; whose one is was known when it was made.
    state: ({ name }, call) => ({ ours: call.state?.ours ?? name === markedName(call) }),
  });
  return {
    ...kind,
    read: async (call) => (letGo.has(call.owner) ? undefined : kind.read(call)),
    async delete(call) {
      if (call.state.ours) return kind.delete(call);
      letGo.add(call.owner);
    },
  };
}
