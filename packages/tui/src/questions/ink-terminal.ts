import { EventEmitter } from "node:events";
import type { Device } from "../screen/device.ts";

const sgr = /\x1b\[[0-9;]*m/g;

/** The device as the streams that ink wants. */
export function inkTerminal({ stdin, stdout }: Device, color: boolean) {
  const out = new InkOutput(stdout, color);
  const stopListening = stdout.onResize(() => out.emit("resize"));
  const streams = {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: out as unknown as NodeJS.WriteStream,
  };
  return {
    streams,
    release() {
      stopListening();
      stdin.pause();
    },
  };
}

/** Ink asks a stream for its size, and colours by the program's environment rather than by our own rules. */
class InkOutput extends EventEmitter {
  readonly isTTY = true;
  readonly #stdout: Device["stdout"];
  readonly #color: boolean;

  constructor(stdout: Device["stdout"], color: boolean) {
    super();
    this.#stdout = stdout;
    this.#color = color;
  }

  get columns(): number {
    return this.#stdout.columns ?? 80;
  }

  get rows(): number {
    return this.#stdout.rows ?? 24;
  }

  write(text: string): boolean {
    this.#stdout.write(this.#color ? text : text.replace(sgr, ""));
    return true;
  }
}
