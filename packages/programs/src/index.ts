export { attempt, type Ended, type ProgramOptions, run } from "./run.ts";
export { findProgram, isExecutable, searchPath } from "./search-path.ts";
export { lastWords } from "./words.ts";
