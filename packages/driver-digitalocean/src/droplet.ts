import { newBootSecret, writeBootSecret } from "@machinist/cloud-init";
import { type Call, MachinistError, type ResourceType, scopeOf } from "@machinist/core";
import { batch } from "@machinist/requests";
import type { Droplet } from "./api-types.ts";
import { creating } from "./creating.ts";
import type { DropletProps, DropletState } from "./droplet-state.ts";
import { remove, SEND_WITHIN_MS, SETTLE_MS, type Views, viewOf } from "./marked-kind.ts";
import { dropletName } from "./marks.ts";
import { readDroplet, rename, resize, switchOn } from "./power.ts";
import { checkSize } from "./sizes.ts";
import { tagAnew, tagsOnDroplet } from "./tagging.ts";

/** As many droplets as one request may name. */
const MOST = 10;
/** Calls for the machines of a fleet come in as their records are saved: so long one waits for the next. */
const QUIET_MS = 50;

export function dropletKind(
  views: Views,
  machineDir: (machine: string) => string,
): ResourceType<DropletProps, DropletState> {
  const made = new Map<string, DropletState>();
  const deleted = new Set<string>();
  const tagOf = ({ dependencies, props }: Call<DropletProps>): string => String(dependencies[props.members]?.id ?? "");
  const oursOf = ({ dependencies, props }: Call<DropletProps>): string[] =>
    [props.members, props.access].flatMap((id) => dependencies[id]?.id ?? []).map(String);

  const stateOf = (
    droplet: Droplet,
    call: Call<DropletProps> & { readonly state?: DropletState | undefined },
    account: string,
  ): DropletState => {
    const { props, state } = call;
    const address = (type: string) => droplet.networks.v4?.find((each) => each.type === type)?.ip_address ?? "";
    return {
      api: props.api,
      account,
      id: droplet.id,
      status: droplet.status,
      address: address("public"),
      privateAddress: address("private"),
      size: droplet.size_slug,
      tag: tagOf(call),
      disk: droplet.disk,
      ...tagsOnDroplet(droplet.tags, { ours: oursOf(call), wanted: props.tags ?? [], before: state?.ownTags ?? [] }),
      user: props.user,
      port: props.port,
      keyPath: props.keyPath ?? "",
      privateNetworking: props.privateNetworking,
    };
  };

  const createMany = async (calls: readonly Call<DropletProps>[], signal: AbortSignal) => {
    const [first] = calls as readonly [Call<DropletProps>];
    const view = viewOf(views, first);
    const account = await view.api.owner(signal);
    const secret = newBootSecret();
    const body = await creating(first, oursOf(first), secret);
    // Before the request: a host whose secret was lost could not prove its key.
    await Promise.all(calls.map(({ id }) => writeBootSecret(machineDir(scopeOf(id)), secret)));
    const names = calls.map(({ props, owner }) => dropletName(props.name, owner));
    await Promise.all(calls.map(({ markRequestSent }) => markRequestSent?.()));
    const ask = { body: { names, ...body }, signal, withinMs: SEND_WITHIN_MS, expects: ["droplets"] as const };
    const { droplets } = await view.api.send<{ droplets: Droplet[] }>("POST", "/v2/droplets", ask);
    return calls.map((call, index) => {
      const droplet = droplets.find(({ name }) => name === names[index]);
      if (!droplet)
        return new MachinistError("digitalocean.partial", `DigitalOcean left ${names[index]} out`, {
          retryable: true,
          hint: "Run the same command again",
        });
      const state = stateOf(droplet, call, account);
      made.set(call.owner, state);
      return state;
    });
  };
  const join = batch<Call<DropletProps>, DropletState>({
    run: createMany,
    most: MOST,
    keyOf: batchOf,
    quietMs: QUIET_MS,
  });

  return {
    consistencyWindowMs: SETTLE_MS,
    pollIntervalMs: 3000,
    readyTimeoutMs: 10 * 60_000,
    concurrency: 1000,
    requiresReplace: [
      ...["api", "region", "image", "key", "vpc", "vpcUuid"],
      ...["fingerprint", "ipv6", "backups", "monitoring", "userdata"],
    ],
    async read(call) {
      const { state, props, owner, signal } = call;
      const view = viewOf(views, call);
      const name = dropletName(props.name, owner);
      const droplet = await readDroplet(view, state ?? { tag: tagOf(call), name }, deleted, signal);
      return droplet && stateOf(droplet, call, state?.account || (await view.api.owner(signal)));
    },
    // The API has no idempotency token: within a run this memory, between runs the reconciler's look by name stand in for one.
    create: async (call) => made.get(call.owner) ?? (await join(call, call.signal)),
    async update(call) {
      const { state, props, signal } = call;
      const view = viewOf(views, call);
      await tagAnew(view, state.id, { ours: oursOf(call), wanted: props.tags, before: state.ownTags ?? [] }, signal);
      if (call.changed.includes("name")) await rename(view, state.id, dropletName(props.name, call.owner), signal);
      await resize(view, state, props, signal);
      await switchOn(view, state, signal);
      const { droplet } = await view.api.get<{ droplet: Droplet }>(`/v2/droplets/${state.id}`, signal, "droplet");
      return stateOf(droplet, call, state.account);
    },
    requiresRestart: ["size", "growDisk"],
    async check({ state, props, signal, ...call }) {
      if (state.size !== props.size) await checkSize(viewOf(views, { ...call, state, props }), state, props, signal);
    },
    async delete(call) {
      const accepted = await remove(viewOf(views, call), `/v2/droplets/${call.state.id}`, call.signal);
      if (accepted) deleted.add(`${call.state.api} ${call.state.id}`);
      made.delete(call.owner);
    },
    ready: ({ status, address }) =>
      status === "active" ? address !== "" || "its address" : status === "off" ? "it to run" : "it to boot",
    drift: (state, props) => [
      ...(state.size === props.size ? [] : ["size"]),
      // What is declared is a machine that runs.
      ...(state.status === "off" ? ["running"] : []),
      ...(state.missing.length + (state.extra ?? []).length + dropped(state, props).length > 0 ? ["tags"] : []),
    ],
  };
}

/** Tags that were asked for once and are no more. */
const dropped = ({ ownTags = [] }: Partial<DropletState>, { tags = [] }: Partial<DropletProps>): string[] =>
  ownTags.filter((tag) => !tags.includes(tag));

/** What must be equal for two droplets to be asked for in one request. */
function batchOf({ props, dependencies }: Call<DropletProps>): string {
  const { name: _name, user: _user, port: _port, privateNetworking: _private, ...same } = props;
  return JSON.stringify([
    same,
    dependencies[props.members]?.id,
    dependencies[props.access]?.id,
    dependencies[props.key]?.id,
    props.vpc && dependencies[props.vpc]?.id,
  ]);
}
