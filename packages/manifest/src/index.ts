export { findManifest, manifestNames } from "./find.ts";
export { ManifestError, type Problem, type ProblemCode } from "./problem.ts";
export { type Manifest, type ReadOptions, readManifest } from "./read.ts";
export { manifestSchema } from "./schema.ts";
export type { RootSchema, Schema } from "./schema-type.ts";
