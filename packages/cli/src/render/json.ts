import { jsonText } from "@machinist/terminal-text";
import type { Renderer } from "./renderer.ts";

/** Events as they are, one JSON object a line. */
export const jsonRenderer = (write: (text: string) => void): Renderer => ({
  show: (event) => write(`${jsonText(event)}\n`),
  end() {},
});
