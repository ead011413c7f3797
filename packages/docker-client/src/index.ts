export * from "./context-files.ts";
export * from "./context-kind.ts";
export * from "./engine-api.ts";
export { EngineAnswer } from "./failure.ts";
export { NEWEST_API, OLDEST_API } from "./version.ts";
