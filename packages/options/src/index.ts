export { checkOption } from "./check.ts";
export { canonicalCidr, ingressOf, ownAddressWord } from "./cidr.ts";
export { coerce } from "./coerce.ts";
export {
  type DockerKey,
  type DockerOption,
  type DockerOptionType,
  dockerFields,
  dockerKeys,
  dockerOptionOfFlag,
  dockerOptions,
} from "./docker-options.ts";
export { dockerdFlags, type Refusal, withMore } from "./dockerd-options.ts";
export { durationPattern, parseDuration } from "./duration.ts";
export { type Flag, flagOf, flagsOf } from "./flags.ts";
export { foreignPatternProblem } from "./foreign-pattern.ts";
export { didYouMean, editDistance, nearest } from "./nearest.ts";
export { type Env, resolveOptions } from "./resolve.ts";
export { either, type Limits, limitBroken, shown } from "./violation.ts";
