export { cut, fit, pad, wrapped } from "./fit.ts";
export { harmless, oneLine } from "./harmless.ts";
export { widthOf } from "./width.ts";
