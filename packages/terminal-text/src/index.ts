export { cut, fit, pad, wrapped } from "./fit.ts";
export { displayed, jsonText, oneLine, sanitize } from "./sanitize.ts";
export { widthOf } from "./width.ts";
