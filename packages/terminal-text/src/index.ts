export { cut, fit, pad, wrapped } from "./fit.ts";
export { displayed, harmless, jsonText, oneLine } from "./harmless.ts";
export { widthOf } from "./width.ts";
