export { attempt, type Ended, type ProgramOptions, run } from "./run.ts";
export { findProgram, searchPath } from "./search-path.ts";
export { lastWords } from "./words.ts";
