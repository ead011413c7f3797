export type { MachineOptions } from "./machine.ts";
export { type ServeOptions, servePlugin } from "./serve.ts";
