import type { Renderer } from "./renderer.ts";

/** Events as they are, one JSON object a line. */
export const jsonRenderer = (write: (text: string) => void): Renderer => ({
  show: (event) => write(`${JSON.stringify(event)}\n`),
  end() {},
});
