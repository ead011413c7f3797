import { fileURLToPath } from "node:url";
import type { GrpcObject, ServiceClientConstructor, ServiceDefinition } from "@grpc/grpc-js";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const files = ["go-plugin.proto", "health.proto", "fleeting.proto"];

/** Where what goes over the wire is written down: beside this file, and beside the program that is made of it. */
export const protoFolder = fileURLToPath(new URL(".", import.meta.url));

/** A service by its full name, with its messages as plain objects: fields as they are written, all of them there. */
export function serviceOf(name: string): ServiceDefinition {
  loaded ??= loadPackageDefinition(
    loadSync(files, { includeDirs: [protoFolder], keepCase: true, longs: Number, enums: String, defaults: true }),
  );
  const found = name.split(".").reduce<GrpcObject>((within, part) => within[part] as GrpcObject, loaded);
  return (found as unknown as ServiceClientConstructor).service;
}
let loaded: GrpcObject | undefined;
