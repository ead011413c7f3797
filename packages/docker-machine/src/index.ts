export { run } from "./app.ts";
export type { Io } from "./io.ts";
