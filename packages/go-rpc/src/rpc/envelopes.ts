import { string, struct, uint } from "../gob/types.ts";

/** What precedes the argument of a call. */
export const request = struct("Request", { ServiceMethod: string, Seq: uint });

/** What precedes a reply; with an error the reply is an empty struct. */
export const response = struct("Response", { ServiceMethod: string, Seq: uint, Error: string });

/** Go's `struct{}`: nothing to say. */
export const nothing = struct("", {});

/** The lines with which an HTTP connection becomes one of net/rpc. Go ends them so. */
export const greeting = "CONNECT /_goRPC_ HTTP/1.0\n\n";
export const welcome = "HTTP/1.0 200 Connected to Go RPC\n\n";
