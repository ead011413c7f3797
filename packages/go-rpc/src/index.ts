export { type DecoderOptions, GobDecoder, type Received } from "./gob/decoder.ts";
export { GobEncoder } from "./gob/encoder.ts";
export * from "./gob/types.ts";
export { type CallOptions, RpcClient } from "./rpc/client.ts";
export { type DialOptions, dialRpc } from "./rpc/dial.ts";
export { nothing } from "./rpc/envelopes.ts";
export { type RpcMethod, type RpcService, serveRpc, serveStream } from "./rpc/server.ts";
