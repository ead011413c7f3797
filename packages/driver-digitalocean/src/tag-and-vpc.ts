import type { ResourceType } from "@machinist/core";
import type { Tag, Vpc } from "./api-types.ts";
import { type MarkedProps, type MarkedState, markedKind, type Views } from "./marked-kind.ts";
import { markedName, markedTag } from "./marks.ts";

/** A tag's name is its id. */
export const tagKind = (views: Views): ResourceType<MarkedProps, MarkedState> =>
  markedKind<MarkedProps, MarkedState, Tag>(views, {
    path: "/v2/tags",
    key: "tag",
    isOurs: ({ name }, call) => name === markedTag(call),
    body: (call) => ({ name: markedTag(call) }),
    id: ({ name = "" }) => name,
    state: () => ({}),
  });

export type VpcProps = MarkedProps & { region: string };

export const vpcKind = (views: Views): ResourceType<VpcProps, MarkedState> =>
  markedKind<VpcProps, MarkedState, Vpc>(views, {
    path: "/v2/vpcs",
    key: "vpc",
    isOurs: ({ name }, call) => name === markedName(call),
    body: (call) => ({ name: markedName(call), region: call.props.region, description: "Made by machinist" }),
    id: ({ id = "" }) => id,
    state: () => ({}),
  });
